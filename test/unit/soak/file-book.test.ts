import { expect, test } from "vitest";
import { FileBook } from "../../faults/soak/file-book.ts";

const written = (path: string, content: string): FileBook => {
  const book = new FileBook();
  book.begin(path, content);
  book.acknowledged(path, content);
  return book;
};

test("a file that was acknowledged may be nothing else", () => {
  const book = written("/a", "one");
  expect(book.seen("/a", null)).toBe(false);
  expect(book.seen("/a", "one")).toBe(true);
});

test("a change that was not answered may have happened or not; what is seen is then known", () => {
  const book = written("/a", "one");
  book.begin("/a", "two");
  expect(book.seen("/a", null)).toBe(false);
  expect(book.seen("/a", "one")).toBe(true);
  expect(book.seen("/a", "two")).toBe(false);
});

test("what was not answered for may be lost with the memory even when it was seen, and nothing else", () => {
  const book = written("/a", "one");
  book.begin("/a", "two");
  expect(book.seen("/a", "two")).toBe(true);
  book.memoryLost();
  expect(book.seen("/a", null)).toBe(false);
  expect(book.seen("/a", "one")).toBe(true);
  const answered = written("/b", "one");
  answered.memoryLost();
  expect(answered.seen("/b", null)).toBe(false);
});

test("files in memory are lost with it", () => {
  const book = written("/dev/shm/a", "one");
  book.memoryLost();
  expect(book.seen("/dev/shm/a", null)).toBe(true);
});

test("a move that was not answered loses nothing: what has left one place is at the other", () => {
  const book = written("/a", "one");
  book.beginMove("/a", "/b", "one");
  expect(book.seen("/a", null)).toBe(true);
  expect(book.seen("/b", null)).toBe(false);
  expect(book.seen("/b", "one")).toBe(true);
});

test("a copy has what was there, and what began while it was made", () => {
  const book = written("/a", "one");
  const copy = book.copy();
  book.begin("/a", "two");
  book.acknowledged("/a", "two");
  book.copied(copy);
  book.begin("/a", "three");
  expect(copy.seen("/a", "three")).toBe(false);
  expect(copy.seen("/a", "one")).toBe(true);
});

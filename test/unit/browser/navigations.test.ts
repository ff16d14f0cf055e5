import { expect, test } from "vitest";
import { shownAddress, shownTitle } from "../../../src/server/browser/navigations.ts";

test.each([
  ["https://ada:pw@example.com:8443/a/b?token=1#x", "https://example.com:8443/a/b"],
  ["data:text/html,<p>secret", "data:…"],
  ["about:blank", null],
  ["chrome://newtab/", null],
  ["", null],
])("%s is shown as %s", (address, shown) => expect(shownAddress(address)).toBe(shown));

test.each([
  ["Horses", "https://a.example/?q=cows", "Horses"],
  ["COWS - Search", "https://a.example/?q=cows", undefined],
  ["a.example/?q=x", "https://a.example/?q=x", undefined],
  ["My part", "https://a.example/#my%20part", undefined],
  ["One\n\u202etwo ", "https://a.example/?page=1", "One two"],
  ["", "https://a.example/", undefined],
  ["data:text/html,secret", "data:text/html,secret", undefined],
])("the title %j of %s is shown as %j", (title, address, shown) => expect(shownTitle(title, address)).toBe(shown));

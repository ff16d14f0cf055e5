import { expect, test } from "vitest";
import { SCHEDULE, waitAfter } from "../../../src/server/webhooks/schedule.ts";
import { newSecret, signed } from "../../../src/server/webhooks/sign.ts";

test("signs as the libraries of Standard Webhooks do", () => {
  // Their common test vector.
  const headers = signed("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330_999, '{"test": 2432232314}');
  expect(headers).toEqual({
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  });
});

test("a secret is 32 random bytes", () => {
  expect(Buffer.from(newSecret().replace("whsec_", ""), "base64")).toHaveLength(32);
  expect(newSecret()).not.toBe(newSecret());
});

test("each wait is twice the one before, up to an hour, and the sixteenth attempt is the last, some four hours after the first", () => {
  const waits = Array.from({ length: 15 }, (_, i) => waitAfter(SCHEDULE, i + 1)!);
  expect(waits.slice(0, 4)).toEqual([1000, 2000, 4000, 8000]);
  expect(waits.slice(-3)).toEqual([3600_000, 3600_000, 3600_000]);
  expect(waitAfter(SCHEDULE, 16)).toBe(null);
  const hours = waits.reduce((sum, wait) => sum + wait, 0) / 3600_000;
  expect(hours).toBeGreaterThan(4);
  expect(hours).toBeLessThan(4.5);
});

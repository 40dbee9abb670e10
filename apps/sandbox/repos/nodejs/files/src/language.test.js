import assert from "node:assert/strict";
import test from "node:test";
import { preferredLanguage } from "./language.js";

test("the first known language wins", () => {
  assert.equal(preferredLanguage("fr, zh-CN;q=0.9, en;q=0.8"), "zh");
});

test("without a known language the page is English", () => {
  assert.equal(preferredLanguage("fr"), "en");
});

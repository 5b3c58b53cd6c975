import { describe, expect, test } from "vitest";
import { findLinks } from "../../../src/web/reading/links.ts";

const linksOf = (text: string) => findLinks(text).flatMap(({ href }) => (href === undefined ? [] : [href]));

describe("[WEB1] links in a text", () => {
  test("[WEB1] the parts together are the text, and only http and https lead anywhere", () => {
    const text =
      "see https://a.example/x and HTTP://b.example, not javascript:alert(1) data:text/html,x ftp://c.example";
    expect(
      findLinks(text)
        .map((part) => part.text)
        .join(""),
    ).toBe(text);
    expect(linksOf(text)).toEqual(["https://a.example/x", "http://b.example/"]);
  });

  test("[WEB1] what ends the sentence is not part of the address", () => {
    expect(linksOf("(https://a.example/b_(c)).")).toEqual(["https://a.example/b_(c)"]);
    expect(linksOf("Is it https://a.example/?q=1?!")).toEqual(["https://a.example/?q=1"]);
    expect(linksOf("[https://a.example/x]")).toEqual(["https://a.example/x"]);
    expect(linksOf("“https://a.example/x”")).toEqual(["https://a.example/x"]);
  });

  test("[WEB1] characters that turn the direction of writing end an address", () => {
    expect(linksOf("https://a.example/\u202egro.live")).toEqual(["https://a.example/"]);
    expect(linksOf("https://a.example\u2066/x")).toEqual(["https://a.example/"]);
  });

  test("[WEB1] markup stays text, and no link takes it along", () => {
    expect(findLinks(`<a href="https://a.example/">x</a>`)).toEqual([
      { text: `<a href="` },
      { text: "https://a.example/", href: "https://a.example/" },
      { text: `">x</a>` },
    ]);
  });

  test("[WEB1] what is no address stays text", () => {
    expect(linksOf("https:// http://) https://[x xhttps://a.example")).toEqual([]);
    expect(findLinks("")).toEqual([]);
  });
});

const known = new Set(["en", "zh"]);

/** The first known language of an Accept-Language header, else English. */
export function preferredLanguage(header = "") {
  for (const part of header.split(",")) {
    const language = part.trim().split(/[-;]/)[0].toLowerCase();
    if (known.has(language)) {
      return language;
    }
  }
  return "en";
}

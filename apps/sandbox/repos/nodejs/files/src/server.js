import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { preferredLanguage } from "./language.js";

const port = Number(process.env.PORT ?? 8080);
const texts = {
  en: JSON.parse(await readFile(new URL("../locales/en.json", import.meta.url), "utf8")),
  zh: JSON.parse(await readFile(new URL("../locales/zh.json", import.meta.url), "utf8")),
};

const server = createServer((request, response) => {
  if (request.url === "/healthz") {
    response.writeHead(200).end("ok");
    return;
  }
  const language = preferredLanguage(request.headers["accept-language"]);
  response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" });
  response.end(`<!doctype html><html lang="${language}"><h1>${texts[language].signIn}</h1></html>`);
});

server.listen(port);
process.on("SIGTERM", () => server.close(() => process.exit(0)));

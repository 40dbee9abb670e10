package com.example.shop.books;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;

/** Serves the stock of each book by its ISBN. */
public final class BookApi {
    private static final int PORT = Integer.parseInt(System.getenv().getOrDefault("PORT", "8080"));

    private final Map<String, Integer> stock = new ConcurrentHashMap<>(Map.of(
            "9787302517597", 12,
            "9787111213826", 3));

    public static void main(String[] args) throws IOException {
        BookApi api = new BookApi();
        HttpServer server = HttpServer.create(new InetSocketAddress(PORT), 0);
        server.createContext("/healthz", exchange -> answer(exchange, 200, "{\"status\":\"ok\"}"));
        server.createContext("/books/", api::book);
        server.setExecutor(Executors.newFixedThreadPool(8));
        server.start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> server.stop(5)));
    }

    private void book(HttpExchange exchange) throws IOException {
        String isbn = exchange.getRequestURI().getPath().substring("/books/".length());
        Integer copies = stock.get(isbn);
        if (copies == null) {
            answer(exchange, 404, "{\"error\":\"unknown ISBN\"}");
            return;
        }
        answer(exchange, 200, "{\"isbn\":\"" + isbn + "\",\"copies\":" + copies + "}");
    }

    private static void answer(HttpExchange exchange, int status, String json) throws IOException {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }
}

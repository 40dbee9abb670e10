<?php

declare(strict_types=1);

require __DIR__ . '/../vendor/autoload.php';

use Shop\Admin\OrderList;

$path = parse_url($_SERVER['REQUEST_URI'] ?? '/', PHP_URL_PATH);

if ($path === '/healthz') {
    http_response_code(200);
    return;
}

header('Content-Type: application/json; charset=utf-8');
if ($path === '/orders') {
    $page = max(1, (int) ($_GET['page'] ?? 1));
    echo json_encode((new OrderList())->page($page), JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE);
    return;
}

http_response_code(404);
echo json_encode(['error' => 'not found'], JSON_THROW_ON_ERROR);

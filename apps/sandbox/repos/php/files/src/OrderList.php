<?php

declare(strict_types=1);

namespace Shop\Admin;

/** Orders, newest first, a page at a time. */
final class OrderList
{
    private const PER_PAGE = 20;

    /** @param list<array{id: int, customer: string, cents: int}> $orders */
    public function __construct(private readonly array $orders = [])
    {
    }

    /** @return array{page: int, orders: list<array{id: int, customer: string, cents: int}>} */
    public function page(int $page): array
    {
        $orders = $this->orders;
        usort($orders, static fn (array $a, array $b): int => $b['id'] <=> $a['id']);

        return ['page' => $page, 'orders' => array_slice($orders, ($page - 1) * self::PER_PAGE, self::PER_PAGE)];
    }
}

<?php
// The pages with a database behind them: MariaDB, or PostgreSQL where a variant's name ends in "_pg".
// The statement, its rows and what the same input would have found as a plain value are written down.

function goods_connect(bool $postgres): PDO
{
    $name = $postgres ? 'pgsql:host=' . getenv('LAB_ROOT') . '/pg;dbname=postgres;user=nobody' : 'mysql:unix_socket=' . getenv('LAB_ROOT') . '/sql/socket;dbname=goods';
    return new PDO($name, 'nobody', '', [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_EMULATE_PREPARES => true]);
}

/* Rows, error text, seconds. */
function goods_ask(PDO $database, string $statement, ?array $values = null): array
{
    $start = microtime(true);
    try {
        $asked = $values === null ? $database->query($statement) : $database->prepare($statement);
        $values === null || $asked->execute($values);
        $rows = $asked->columnCount() ? $asked->fetchAll(PDO::FETCH_NUM) : [];
        return [$rows, null, microtime(true) - $start];
    } catch (PDOException $error) {
        return [[], $error->getMessage(), microtime(true) - $start];
    }
}

function page_goods(string $variant): string
{
    [$variant, $kind] = array_pad(explode('_', $variant), 2, '');
    $database = goods_connect($kind === 'pg');
    $text = in_array($variant, ['named', 'listed'], true);
    $id = match ($variant) {
        'tracked' => $_COOKIE['seen'] ?? '1',
        'agent' => $_SERVER['HTTP_USER_AGENT'] ?? '',
        default => $_REQUEST[$text ? 'name' : 'id'] ?? '1',
    };
    $template = $variant === 'agent' ? "SELECT id, name, price FROM goods WHERE id = 1 AND 'x' <> '%s'"
        : ($variant === 'listed' ? "SELECT id, name, price FROM goods WHERE name LIKE '%%%s%%' AND price > 0"
        : ($text ? "SELECT id, name, price FROM goods WHERE name = '%s'" : 'SELECT id, name, price FROM goods WHERE id = %s'));
    $harmless = preg_replace("/'?%*%s%*'?/", '?', $template);
    $literal = $variant === 'listed' ? "%$id%" : $id;
    [$plain] = goods_ask($database, $kind === 'pg' && !$text ? str_replace('id =', 'id::text =', $harmless) : $harmless, [$literal]);
    if ($variant === 'guarded' && blocked($id)) {
        http_response_code(403);
        return "<h1>403</h1><p>Blocked by policy</p>\n";
    }
    if ($variant === 'prepared' || ($variant === 'cast' && !ctype_digit($id))) {
        $rows = $variant === 'prepared' ? $plain : [];
        note('sql', ['input' => $id, 'statement' => null, 'rows' => $rows, 'plain' => $rows, 'error' => null, 'seconds' => 0]);
        return goods_show('shown', $rows, null, $id);
    }
    $statement = sprintf($template, $id);
    [$rows, $error, $seconds] = goods_ask($database, $statement);
    $shown = goods_show($variant, $rows, $error, $id);
    note('sql', ['input' => $id, 'template' => $template, 'statement' => $statement, 'rows' => array_slice($rows, 0, 40),
        'plain' => $plain, 'error' => $error, 'seconds' => $seconds, 'shown' => $shown, 'harmless' => goods_show($variant, $plain, null, $id)]);
    return $shown;
}

function goods_show(string $variant, array $rows, ?string $error, string $id): string
{
    if ($error !== null && in_array($variant, ['shown', 'named', 'tracked'], true)) {
        http_response_code($variant === 'named' ? 500 : 200);
        return frame('Goods', '<p class="error">Database error: ' . text($error) . '</p>');
    }
    switch ($variant) {
        case 'silent':
        case 'agent':
            return frame('Goods', '<p>Thank you for your visit.</p>');
        case 'yesno':
            return frame('Goods', $rows ? '<p>In stock</p>' : '<p>Sold out</p>');
        case 'api':
        case 'listed':
            header('Content-Type: application/json');
            return json_encode(['count' => count($rows), 'goods' => array_map(fn ($row) => ['id' => $row[0], 'name' => $row[1] ?? '', 'price' => $row[2] ?? ''], $rows)]);
        default:
            $lines = array_map(fn ($row) => '<tr><td>' . implode('</td><td>', array_map(fn ($cell) => text((string) $cell), $row)) . '</td></tr>', $rows);
            return frame('Goods', $lines ? "<table>\n" . implode("\n", $lines) . "\n</table>" : '<p>No such goods.</p>');
    }
}

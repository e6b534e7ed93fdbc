<?php
// The PHP pages of the laboratory. A path is PAGE/VARIANT; every page writes down what it did with its
// input, for the truth, before it answers.
$key = getenv('LAB_NAME') . ' ' . $_SERVER['REMOTE_PORT'] . ' 0';
[, $page, $variant] = array_pad(explode('/', parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)), 3, '');
$begun = microtime(true);

function note(string $what, array $facts): void
{
    global $key;
    $line = json_encode(['what' => $what, 'key' => $key] + $facts, JSON_INVALID_UTF8_SUBSTITUTE);
    file_put_contents(getenv('LAB_TRUTH'), $line . "\n", FILE_APPEND | LOCK_EX);
}

function run(string $command, string $own): array
{
    global $key;
    $environment = getenv() + [];
    $environment['LAB_REQUEST'] = $key;
    $environment['LAB_OWN'] = $own;
    $pipes = [];
    $process = proc_open([getenv('LAB_SHELL'), '-c', $command],
        [['file', '/dev/null', 'r'], ['pipe', 'w'], ['pipe', 'w']], $pipes, '/', $environment);
    $output = stream_get_contents($pipes[1]);
    $errors = stream_get_contents($pipes[2]);
    return [$output, $errors, proc_close($process)];
}

function text(string $text): string
{
    return htmlspecialchars($text, ENT_QUOTES | ENT_SUBSTITUTE);
}

function frame(string $title, string $body): string
{
    return "<!doctype html>\n<html><head><title>$title</title><link rel=\"stylesheet\" href=\"/style.css\"></head>\n"
        . "<body>\n<header><h1>$title</h1><nav><a href=\"/\">Home</a> <a href=\"/about\">About</a></nav></header>\n"
        . "<main>\n$body\n</main>\n<footer>Served for the network office</footer>\n</body></html>\n";
}

function blocked(string $input): bool
{
    return (bool) preg_match('/[;|&`$<>\n]|union|select|sleep|\.\.\//i', $input);
}

function page_lookup(string $variant): string
{
    $host = $_REQUEST['host'] ?? '';
    if ($variant === 'guarded' && blocked($host)) {
        http_response_code(403);
        return frame('Request blocked', '<p>Your request looked harmful. Reference ' . crc32($host) . '.</p>');
    }
    if ($variant === 'checked' && !preg_match('/^[a-z0-9.-]{1,60}$/iD', $host)) {
        return frame('Host lookup', '<p class="error">That is not a host name.</p>');
    }
    if ($variant === 'slow') {
        usleep(random_int(300000, 1200000));
    }
    $quoted = ['quoted' => "lookup '$host'", 'double' => "lookup \"$host\"", 'escaped' => 'lookup ' . escapeshellarg($host)];
    [$output, $errors, $exit] = run($quoted[$variant] ?? "lookup $host", 'lookup');
    switch ($variant) {
        case 'silent':
            return frame('Host lookup', '<p>Your request was queued.</p>');
        case 'echoing':
            return frame('Host lookup', '<p>We looked for <b>' . text($host) . '</b> and will write to you.</p>');
        case 'failing':
            if ($exit !== 0 || $errors !== '') {
                http_response_code(500);
                return "Internal error: lookup ended with $exit\n$errors";
            }
            return frame('Host lookup', '<pre>' . text($output) . '</pre>');
        case 'list':
            $rows = implode("\n", array_map(fn ($line) => '<tr><td>' . text($line) . '</td></tr>', explode("\n", trim($output . $errors))));
            return frame('Host lookup', "<table>\n$rows\n</table>");
        case 'first':
            return frame('Host lookup', '<p>Answer: ' . text(strtok($output, "\n") ?: '-') . '</p>');
        default:
            return frame('Host lookup', '<p>' . text($host) . "</p>\n<pre>" . text($output . $errors) . '</pre>');
    }
}

function page_sum(string $variant): string
{
    $sum = $_REQUEST['sum'] ?? '';
    header('Content-Type: application/json');
    if ($variant === 'checked' && !preg_match('/^[0-9 +*()\/.-]+$/D', $sum)) {
        return json_encode(['sum' => $sum, 'error' => 'only figures and + - * / ( ) are allowed']);
    }
    ob_start();
    $start = microtime(true);
    try {
        $value = eval("return $sum;");
        $error = null;
    } catch (\Throwable $thrown) {
        $value = null;
        $error = $thrown->getMessage();
    }
    $printed = ob_get_clean();
    note('code', ['input' => $sum, 'parsed' => !isset($thrown) || !($thrown instanceof \ParseError), 'printed' => $printed,
        'value' => is_scalar($value) ? (string) $value : json_encode($value), 'error' => $error, 'seconds' => microtime(true) - $start]);
    if ($variant === 'silent') {
        return json_encode(['stored' => true]);
    }
    if ($variant === 'value') {
        return json_encode(['value' => $value, 'error' => $error === null ? null : 'not a sum']);
    }
    return json_encode(['sum' => $sum, 'value' => $value, 'printed' => $printed, 'error' => $error], JSON_INVALID_UTF8_SUBSTITUTE);
}

function page_notes(string $variant): string
{
    $name = $_REQUEST['note'] ?? 'welcome.txt';
    $root = getenv('LAB_ROOT') . '/notes/';
    $path = match ($variant) {
        'based' => $root . basename($name),
        'cleaned' => $root . str_replace('../', '', $name),
        'suffixed' => $root . $name . '.txt',
        default => str_starts_with($name, '/') || str_contains($name, '://') ? $name : $root . $name,
    };
    if ($variant === 'guarded' && blocked($name)) {
        http_response_code(403);
        return "Forbidden\n";
    }
    $content = @file_get_contents($path);
    $real = realpath($path);
    $outside = $content !== false && ($real === false || !str_starts_with($real, $root));
    note('file', ['input' => $name, 'outside' => $outside, 'content' => substr((string) $content, 0, 4000)]);
    if ($variant === 'silent') {
        return frame('Notes', '<p>' . ($content === false ? 'Nothing was sent.' : 'The note was sent to the printer.') . '</p>');
    }
    if ($content === false) {
        http_response_code(404);
        return $variant === 'open' ? "Warning: file_get_contents($path): Failed to open stream: No such file or directory\n" : "No such note\n";
    }
    if ($variant === 'open') {
        header('Content-Type: text/plain');
        return $content;
    }
    return frame('Notes', '<pre>' . text($content) . '</pre>');
}

function page_greet(string $variant): string
{
    $name = $variant === 'cookie' ? ($_COOKIE['name'] ?? '') : ($_REQUEST['name'] ?? '');
    $shown = match ($variant) {
        'escaped' => text($name),
        'stripped' => strip_tags($name),
        'halved' => str_ireplace(['<script', '</script'], '', $name),
        'encoded' => json_encode($name, JSON_HEX_TAG | JSON_HEX_QUOT | JSON_HEX_AMP | JSON_HEX_APOS),
        default => $name,
    };
    $context = ['attribute' => 'attribute', 'script' => 'script', 'comment' => 'comment', 'typed' => 'none', 'encoded' => 'none'][$variant] ?? 'body';
    if ($variant === 'typed') {
        header('Content-Type: text/plain');
        note('markup', ['input' => $name, 'shown' => $shown, 'context' => 'none']);
        return "Hello $name\n";
    }
    note('markup', ['input' => $name, 'shown' => $shown, 'context' => $context]);
    return frame('Greetings', match ($variant) {
        'attribute' => "<form><input name=\"name\" value=\"$shown\"><button>Go</button></form>",
        'script' => "<script>var visitor = \"$shown\"; show(visitor);</script>",
        'comment' => "<!-- for $shown --><p>Hello</p>",
        'encoded' => "<script>var visitor = $shown;</script>",
        default => "<p>Hello $shown, nice to see you.</p>",
    });
}

function page_console(string $variant): string
{
    $command = $_POST['c'] ?? $_GET['c'] ?? '';
    if ($variant === 'gone') {
        http_response_code(404);
        return frame('Not found', '<p>There is no such page.</p>');
    }
    $command = $variant === 'coded' ? (string) base64_decode($command) : $command;
    [$output, $errors] = run($command, '');
    return $variant === 'silent' ? '' : ($variant === 'coded' ? base64_encode($output) : "<pre>$output$errors</pre>");
}

require __DIR__ . '/goods.php';

$pages = ['lookup', 'sum', 'notes', 'greet', 'console', 'goods'];
if (in_array($page, $pages, true)) {
    $answer = ('page_' . $page)($variant);
} elseif ($page === '' || $page === 'about') {
    $answer = frame('Network office', '<ul><li><a href="/lookup/plain">Look a host up</a></li><li><a href="/goods/shown?id=1">Goods</a></li></ul>');
} elseif ($page === 'style.css') {
    header('Content-Type: text/css');
    $answer = "body { font-family: sans-serif; margin: 2em }\n";
} else {
    http_response_code(404);
    $answer = frame('Not found', '<p>There is no page ' . text($_SERVER['REQUEST_URI']) . '.</p>');
}
note('page', ['page' => $page . '/' . $variant, 'answer' => $answer, 'seconds' => microtime(true) - $begun, 'uri' => $_SERVER['REQUEST_URI'],
    'body' => http_build_query($_POST), 'input' => implode(' ', array_filter($_REQUEST, 'is_string'))]);
if (str_contains($_SERVER['HTTP_ACCEPT_ENCODING'] ?? '', 'gzip') && strlen($answer) > 200 && $page !== 'notes') {
    header('Content-Encoding: gzip');
    $answer = gzencode($answer);
}
echo $answer;

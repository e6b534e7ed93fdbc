// The console in a real browser against a real `hinomi serve`: node browser.mjs HINOMI MAKE_DATA [WORD]
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { axe, close, complaints, finish, folder, hinomi, open, serve, stop, violations, wronglySaid } from './stage.mjs';
import { check, equal, runTests, test } from './tap.mjs';

const [makeData, wanted] = process.argv.slice(3);
const full = join(folder, 'full');
const empty = join(folder, 'empty');

function makeDataIn(data) {
    equal(spawnSync(makeData, [data], { stdio: 'inherit' }).status, 0, 'make_data');
}

// For each page: what shows that it is there.
const PAGES = {
    '#/cases': '.case-row',
    '#/cases/1': '.finding',
    '#/trace?from=1': '.graph .node',
    '#/hosts': '.circle .point',
    '#/hosts/PC-020': '.relations li',
    '#/hunt?sql=SELECT%20host_name%2C%20process_executable%20FROM%20events%20LIMIT%205': '.windowed tbody td',
    '#/health': '.stages tbody tr',
};

makeDataIn(full);
let server = await serve(full);

// ---- with data -------------------------------------------------------------------------

test('cases are listed, most urgent first', async () => {
    const page = await open(server);
    await page.waitForSelector('.case-row');
    equal(await page.$$eval('.case-row .level', (marks) => marks.map((mark) => mark.className.replace('level ', ''))), ['level-4', 'level-3', 'level-1'], 'levels');
    check((await page.textContent('.sums')).includes('1,251,758 events'), 'the events are counted');
    await close(page);
});

test('a case says what, why, when, with which proof and what next', async () => {
    const page = await open(server, { address: '#/cases/1' });
    await page.waitForSelector('#evidence ~ .table-frame tbody tr');
    check((await page.textContent('.manager')).includes('no host ever did that (0 of 560 host-days)'), 'manager');
    check((await page.textContent('.analyst')).includes('DEV-007'), 'analyst');
    equal(await page.locator('.finding').count(), 3, 'findings');
    equal(await page.locator('.timeline li').count(), 3, 'timeline');
    check((await page.locator('.next li').count()) >= 4, 'next steps');
    equal(await page.locator('#evidence ~ .table-frame tbody tr').count(), 3, 'evidence');
    await page.click('#evidence ~ .table-frame tbody tr >> nth=0');
    check((await page.textContent('.opened .fields')).includes('SQBFAFgA'), 'all fields of an event');
    await close(page);
});

test('the trace is drawn in lanes, from cause to scope, over a restart', async () => {
    const page = await open(server, { address: '#/trace?from=1' });
    await page.waitForSelector('.graph .node');
    const lanes = await page.$$eval('.lane-names a', (names) => names.map((name) => name.textContent));
    check(lanes.includes('PC-020') && lanes.includes('DEV-007'), `lanes: ${lanes}`);
    for (const entity of ['p-90', 'p-100', 'p-200', 'p-210']) {
        equal(await page.locator(`.node[data-entity="${entity}"]`).count(), 1, entity);
    }
    const xOf = (entity) => page.$eval(`.node[data-entity="${entity}"]`, (node) => node.getBoundingClientRect().x);
    check((await xOf('p-90')) < (await xOf('p-100')), 'winword stands left of powershell');
    check((await xOf('p-100')) < (await xOf('p-210')), 'powershell stands left of what came after the restart');
    await page.locator('.node[data-entity="p-100"]').click();
    check((await page.textContent('.node-card')).includes('powershell.exe'), 'a node opens');
    await close(page);
});

test('hosts stand on a circle, abnormal links thick', async () => {
    const page = await open(server, { address: '#/hosts' });
    await page.waitForSelector('.circle .point');
    equal(await page.locator('.circle .point').count(), 40, 'hosts');
    equal(await page.locator('.circle .abnormal').count(), 2, 'abnormal links');
    // Normal links are painted, in the frame after the one that shows the circle.
    await page.waitForFunction(() => {
        const canvas = document.querySelector('.circle canvas');
        return canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0);
    });
    await page.click('.host-list a:has-text("PC-020")');
    await page.waitForSelector('.relations li.loud');
    check((await page.textContent('.relations li.loud')).includes('DEV-007'), 'what broke its normal');
    await page.goBack();
    await page.waitForSelector('.host-list');
    await close(page);
});

test('a hunt returns rows, refuses to write, and says what is wrong', async () => {
    const page = await open(server, { address: '#/hunt' });
    const run = async (sql) => {
        await page.fill('.sql', sql);
        await page.press('.sql', 'Control+Enter');
    };
    await run("SELECT host_name, count(*) AS n FROM events WHERE process_entity_id = 'p-100' GROUP BY 1");
    await page.waitForSelector('.windowed tbody td');
    equal(await page.$$eval('.windowed tbody td', (cells) => cells.map((cell) => cell.textContent)), ['PC-020', '6'], 'row');
    await run('DELETE FROM events');
    await page.waitForSelector('.sql-error');
    await run('SELECT x FROM nowhere');
    await page.waitForSelector('.sql-error:has-text("nowhere")');
    await close(page);
});

test('a result of 100,000 rows scrolls, and only what is seen is drawn', async () => {
    const sql = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100001) SELECT i, i * 2 AS twice FROM n';
    const page = await open(server, { address: `#/hunt?sql=${encodeURIComponent(sql)}` });
    await page.waitForSelector('.windowed tbody td');
    check((await page.textContent('.hunt-page .cut')).includes('100,000'), 'cut at 100,000');
    await page.$eval('.windowed', (frame) => frame.scrollTo(0, frame.scrollHeight));
    await page.waitForSelector('.windowed td:text-is("100000")');
    const drawn = await page.locator('.windowed tbody tr').count();
    check(drawn < 100, `${drawn} rows drawn`);
    const height = await page.$eval('.windowed tbody tr:not([aria-hidden])', (row) => row.getBoundingClientRect().height);
    equal(height, 28, 'height of a row');
    await close(page);
});

test('a hunt is saved as CSV', async () => {
    const page = await open(server, { address: "#/hunt?sql=SELECT%20'a%2Cb'%20AS%20x%2C%201%20AS%20n" });
    await page.waitForSelector('.windowed tbody td');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('button:has-text("CSV")')]);
    equal(readFileSync(await download.path(), 'utf8'), 'x,n\r\n"a,b",1\r\n', 'file');
    await close(page);
});

test('health has a row for each stage and the reasons of what was refused', async () => {
    const page = await open(server, { address: '#/health' });
    await page.waitForSelector('.stages tbody tr');
    equal(await page.locator('.stages tbody tr').count(), 4, 'stages');
    check((await page.textContent('main')).includes('not JSON 2'), 'reason');
    check((await page.textContent('main')).includes('412'), 'clock disagreements');
    check((await page.textContent('main')).includes('PC-039'), 'still learning');
    await close(page);
});

// ---- by keyboard -----------------------------------------------------------------------

test('a whole case by keyboard', async () => {
    const data = join(folder, 'keyboard');
    makeDataIn(data);
    const other = await serve(data);
    const page = await open(other);
    await page.waitForSelector('.case-row');
    await page.keyboard.press('j');
    await page.waitForSelector('.case-row.selected [data-case="1"]');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.case .decide');
    await page.keyboard.press('3');
    await page.waitForSelector('.choices .level-3[aria-pressed="true"]');
    await page.keyboard.press('t');
    await page.waitForSelector('h1:has-text("Trace")');
    await page.waitForSelector('.graph .node');
    await page.keyboard.press('Escape');
    await page.waitForSelector('.case textarea');
    await page.focus('.case textarea');
    await page.keyboard.type('f1 was asked; jk');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.notes li:has-text("f1 was asked; jk")');
    await page.focus('main');
    await page.keyboard.press('f');
    await page.waitForSelector('.notes li:has-text("judged false positive")');
    await page.keyboard.press('Escape');
    await page.waitForSelector('.case-row');
    equal(await page.locator('[data-case="1"]').count(), 0, 'closed cases left the list');
    await page.keyboard.press('?');
    await page.waitForSelector('dialog.help');
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog.help', { state: 'detached' });
    await page.keyboard.press('/');
    await page.keyboard.type('p-100');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.graph .node[data-entity="p-100"]');
    await page.goto(`${other.address}/#/cases?status=closed`);
    await page.waitForSelector('[data-case="1"] .level-0');
    await close(page);
    await stop(other);
});

test('focus is visible and reaches the content', async () => {
    const page = await open(server);
    await page.waitForSelector('.case-row');
    await page.keyboard.press('Tab');
    equal(await page.evaluate(() => document.activeElement.className), 'skip', 'first stop');
    await page.keyboard.press('Enter');
    equal(await page.evaluate(() => document.activeElement.id), 'main', 'the skip link');
    await page.focus('.tabs a');
    await page.keyboard.press('Tab');
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineWidth);
    equal(outline, '2px', 'outline');
    await close(page);
});

// ---- live ------------------------------------------------------------------------------

test('cases appear while they are written, and wait while the pointer is over the list', async () => {
    const data = join(folder, 'live');
    makeDataIn(data);
    const other = await serve(data);
    const page = await open(other, { address: '#/cases?all=1' });
    await page.waitForSelector('.case-row');
    const writing = spawn(makeData, [data, 'live', '12'], { stdio: 'inherit' });
    await page.waitForSelector('[data-case="100"]');
    await page.hover('.cases');
    await page.waitForSelector('.live-paused');
    await page.waitForSelector('.head .button:has-text("new or changed")');
    const during = await page.locator('.case-row').count();
    await page.waitForTimeout(700);
    equal(await page.locator('.case-row').count(), during, 'rows under the pointer');
    await page.mouse.move(5, 5);
    await page.waitForSelector('.live-live');
    await new Promise((resolve) => writing.on('exit', resolve));
    await page.waitForSelector('[data-case="111"]');
    await page.waitForSelector('.nav .count:has-text("15")');
    await close(page);
    await stop(other);
});

// A small enterprise's fortnight: its days are files, the truth beside them is none of ours.
function simulate(lab) {
    const made = spawnSync(hinomi, ['lab', 'simulate', '-o', lab, '--pcs', '30', '--servers', '6', '--days', '10', '--events', '150000'], { encoding: 'utf8' });
    equal(made.status, 0, 'lab simulate');
    return {
        days: readdirSync(lab).filter((name) => name.startsWith('events-')).map((name) => join(lab, name)).sort(),
        events: Number(/(\d+) events of/.exec(made.stdout + made.stderr)[1]),
    };
}

test('cases of a real ingest appear while it runs, and their trace is drawn', async () => {
    const { days, events } = simulate(join(folder, 'lab'));
    const data = join(folder, 'ingested');
    const other = await serve(data);
    const page = await open(other);
    await page.waitForSelector('.notice:has-text("Nothing has been read yet")');
    const ingest = spawn(hinomi, ['ingest', '--data', data, '--learn-until', '2026-01-12T00:00:00Z', ...days], { stdio: 'ignore' });
    let running = true;
    const ended = new Promise((resolve) => ingest.on('exit', (status) => resolve((running = false) || status)));
    await page.waitForSelector('.sums:has-text("events")');
    await page.waitForFunction(() => /[1-9][0-9,]* events/.test(document.querySelector('.sums')?.textContent ?? ''));
    check(running, 'events are counted while the ingest runs');
    await page.waitForSelector('.case-row', { timeout: 60000 });
    equal(await ended, 0, 'ingest');
    await page.waitForSelector(`.sums:has-text("${events.toLocaleString('en-US')} events")`);
    await page.click('.case-row a');
    await page.waitForSelector('.graph .node-start');
    check((await page.locator('.finding').count()) > 0, 'findings');
    check((await page.locator('#evidence ~ .table-frame tbody tr').count()) > 0, 'evidence');
    await page.goto(`${other.address}/#/hosts`);
    await page.waitForSelector('.circle .point');
    equal(await page.locator('.circle .point').count(), 36, 'hosts');
    await close(page);
    await stop(other);
});

test('a decision in one window shows in the other', async () => {
    const first = await open(server);
    const second = await open(server, { address: '#/cases/3' });
    await first.waitForSelector('[data-case="3"] .level-1');
    await second.waitForSelector('.case .decide');
    await second.keyboard.press('2');
    await first.waitForSelector('[data-case="3"] .level-2');
    await second.keyboard.press('1');
    await first.waitForSelector('[data-case="3"] .level-1');
    await close(first);
    await close(second);
});

// ---- every state of every page ---------------------------------------------------------

test('an empty folder: every page says what to do', async () => {
    const other = await serve(empty);
    for (const [address, words] of Object.entries({ '#/cases': 'Nothing has been read yet', '#/cases?status=closed': 'No closed case', '#/hosts': 'No host is known yet', '#/health': 'Nothing has run yet', '#/trace': 'What should be traced?', '#/trace?from=x': 'Nothing stored is called that', '#/cases/9': 'There is nothing here', '#/elsewhere': 'There is nothing here' })) {
        const page = await open(other, { address });
        await page.waitForSelector(`.notice:has-text("${words}")`);
        await close(page);
    }
    await stop(other);
});

test('without the token nothing is shown, and with it everything', async () => {
    const page = await open(server, { token: false });
    await page.waitForSelector('.notice:has-text("This console needs its key")');
    equal(await page.locator('.case-row').count(), 0, 'cases');
    await page.fill('.notice input', server.token);
    await page.click('.notice button');
    await page.waitForSelector('.case-row');
    check(!page.url().includes(server.token), 'the token is not in the address');
    await close(page);
});

test('the server goes and comes back', async () => {
    const other = await serve(full);
    const port = Number(new URL(other.address).port);
    const page = await open(other);
    await page.waitForSelector('.case-row');
    equal(await stop(other), 0, 'exit status');
    await page.waitForSelector('.live-offline');
    equal(await page.locator('.case-row').count(), 3, 'what was there stays');
    await page.click('.nav a[href="#/hosts"]');
    await page.waitForSelector('.notice:has-text("Hinomi does not answer")');
    const again = await serve(full, port);
    await page.waitForSelector('.live-live');
    await page.waitForSelector('.circle .point');
    await close(page);
    await stop(again);
});

// ---- languages, names, contrast, speed --------------------------------------------------

for (const language of ['en', 'ja']) {
    test(`every page speaks ${language} only`, async () => {
        const page = await open(server, { language });
        for (const [address, shown] of Object.entries(PAGES)) {
            await page.goto(`${server.address}/${address}`);
            await page.waitForSelector(shown);
            equal(await wronglySaid(page, language), [], address);
            const title = await page.textContent('main h1');
            equal(/[\u3040-\u30ff\u4e00-\u9fff]/.test(title), language === 'ja', `${address}: ${title}`);
        }
        await close(page);
    });
}

test('the language and the theme are switched and remembered', async () => {
    const page = await open(server);
    await page.click('.tools button >> nth=0');
    await page.waitForSelector('h1:has-text("ケース")');
    await page.click('.tools button >> nth=1');
    await page.reload();
    await page.waitForSelector('h1:has-text("ケース")');
    equal(await page.getAttribute('html', 'data-theme'), 'dark', 'theme');
    equal(await page.getAttribute('html', 'lang'), 'ja', 'language');
    await close(page);
});

for (const theme of ['light', 'dark']) {
    test(`names, roles and contrast hold on every page, ${theme}`, async () => {
        const page = await open(server, { theme });
        await page.evaluate(axe);
        for (const [address, shown] of Object.entries(PAGES)) {
            await page.goto(`${server.address}/${address}`);
            await page.waitForSelector(shown);
            equal(await violations(page), [], address);
        }
        await close(page);
    });
}

test('the first paint comes within 300 ms', async () => {
    const paints = [];
    for (let i = 0; i < 5; i++) {
        const page = await open(server);
        await page.waitForSelector('.case-row');
        await page.reload();
        await page.waitForSelector('.case-row');
        const paint = await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
        paints.push(await paint.jsonValue());
        await close(page);
    }
    console.log(`# first contentful paint: ${paints.map(Math.round).join(' ')} ms`);
    check(Math.min(...paints) < 300, `best of five: ${Math.min(...paints)} ms`);
});

// ---- the server's guard ----------------------------------------------------------------

function ask(path, { method = 'GET', headers = {}, body } = {}) {
    const { hostname, port } = new URL(server.address);
    return new Promise((resolve, reject) => {
        const asked = request({ hostname, port, path, method, headers }, (response) => {
            let text = '';
            response.on('data', (part) => (text += part));
            response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
        });
        asked.on('error', reject);
        asked.end(body);
    });
}

test('the server answers only whom it should', async () => {
    const authorization = `Bearer ${server.token}`;
    equal((await ask('/api/summary', { headers: { authorization } })).status, 200, 'with the token');
    equal((await ask('/api/summary')).status, 401, 'without');
    equal((await ask('/api/summary', { headers: { authorization: `Bearer ${'0'.repeat(64)}` } })).status, 401, 'with another');
    equal((await ask('/api/summary', { headers: { cookie: `hinomi_token=${server.token}` } })).status, 401, 'with a cookie');
    equal((await ask('/', { headers: { host: 'evil.example' } })).status, 421, 'by a name');
    equal((await ask('/api/summary', { headers: { authorization, host: 'evil.example:8680' } })).status, 421, 'by a name, with the token');
    equal((await ask('/api/cases/1', { method: 'POST', headers: { authorization }, body: 'x'.repeat(70000) })).status, 413, 'too much');
    equal((await ask('/api/cases/1', { method: 'POST', headers: { authorization }, body: '{"level": 7}' })).status, 400, 'nonsense');
    equal((await ask('/api/cases/77', { method: 'POST', headers: { authorization }, body: '{"level": 1}' })).status, 404, 'no such case');
    equal((await ask('/api/cases/1', { method: 'DELETE', headers: { authorization } })).status, 405, 'not so');
    equal((await ask('/api/nothing', { headers: { authorization } })).status, 404, 'not there');
    equal((await ask('/../../etc/passwd')).status, 404, 'not there either');
    const { headers } = await ask('/');
    check(headers['content-security-policy'].startsWith("default-src 'none'"), 'policy');
    equal(headers['x-content-type-options'], 'nosniff', 'no guessing of types');
});

test('no page complained, and none asked another server', () => {
    equal(complaints, [], 'complaints');
});

await finish(await runTests(wanted));

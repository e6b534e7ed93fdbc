// The triage board in a real browser: node alerts.mjs HINOMI [WORD]
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { START, eve, writeSample } from './alerts_sample.mjs';
import { axe, close, complaints, finish, folder, hinomi, open, serve, stop, violations, wronglySaid } from './stage.mjs';
import { check, equal, runTests, test } from './tap.mjs';

const SHOWN = '.board tbody tr';

function run(...argv) {
    const ran = spawnSync(hinomi, argv, { encoding: 'utf8' });
    equal(ran.status, 0, `hinomi ${argv.join(' ')}: ${ran.stderr}`);
    return ran.stdout;
}

function gathered(name) {
    const data = join(folder, name);
    const made = writeSample(folder);
    run('alerts', 'gather', '--data', data, join(folder, 'alerts.json'));
    run('alerts', 'judge', '--data', data, '--pcap', join(folder, 'traffic.pcap'));
    return { data, made };
}

const { data, made } = gathered('alerts');
const server = await serve(data);

async function ask(path, body) {
    const answer = await fetch(`${server.address}/api/${path}`, { method: body ? 'POST' : 'GET', body: body && JSON.stringify(body), headers: { Authorization: `Bearer ${server.token}` } });
    return { status: answer.status, body: await answer.json() };
}

const counts = async () => (await ask('alerts/now')).body;
const rowsOf = (page) => page.$$eval(SHOWN, (rows) => rows.map((row) => Number(row.dataset.group)));
const rows = (page, count) => page.waitForFunction(([selector, wanted]) => document.querySelectorAll(selector).length === wanted, [SHOWN, count]);
const told = (id) => run('alerts', 'list', '--data', data, '--json').trim().split('\n').map(JSON.parse).find((group) => group.group === id);

// ---- what is shown ---------------------------------------------------------------------

test('the most urgent alert stands first, and the counts add up', async () => {
    const page = await open(server, { address: '#/alerts' });
    await page.waitForSelector(SHOWN);
    const now = await counts();
    equal([now.alerts, now.groups], [made.alerts, made.groups], 'alerts, groups');
    equal(now.shown + now.held + now.decided, now.groups, 'each group is somewhere');
    equal(await page.locator(SHOWN).count(), now.shown, 'rows');
    const first = page.locator(SHOWN).first();
    check((await first.textContent()).includes('Command injection'), 'the attack');
    check((await first.locator('.outcome').textContent()).includes('success'), 'that succeeded');
    const levels = await page.$$eval(`${SHOWN} .level`, (marks) => marks.map((mark) => Number(mark.textContent.slice(1))));
    equal(levels, [...levels].sort((a, b) => b - a), 'by priority');
    check(levels.every((level) => level >= 2), 'what is held back is not among them');
    equal(await page.textContent('.nav a[aria-current] .count'), String(now.shown), 'the count beside the page');
    check((await page.textContent('.counts')).includes(`${made.alerts} alerts`), 'how many there were');
    await close(page);
});

test('the proof opens: what was run, the trace, the packet', async () => {
    const page = await open(server, { address: '#/alerts' });
    await page.click(`${SHOWN} >> nth=0`);
    await page.waitForSelector('.proof-fields');
    const proof = await page.textContent('.alert-proof');
    for (const part of ['127.0.0.1;id', 'uid=33(www-data)', 'packet 5', 'byte 20', 'The attack succeeded', '203.0.113.5']) {
        check(proof.includes(part), `${part} in ${proof.slice(0, 400)}`);
    }
    await page.keyboard.press('Escape');
    await page.waitForSelector('.alert-proof', { state: 'detached' });
    await close(page);
});

test('the reason of a verdict is said in Japanese', async () => {
    const page = await open(server, { address: '#/alerts', language: 'ja' });
    await page.click(`${SHOWN} >> nth=0`);
    await page.waitForSelector('.proof-reason');
    check((await page.textContent('.proof-reason')).includes('痕跡'), 'the reason');
    await close(page);
});

// ---- deciding --------------------------------------------------------------------------

test('one key decides, u takes it back, and the store has both words', async () => {
    const page = await open(server, { address: '#/alerts' });
    await page.waitForSelector(SHOWN);
    const before = await rowsOf(page);
    await page.fill('.analyst-name input', 'Hanako');
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.waitForFunction((id) => document.querySelector('tr.selected')?.dataset.group === String(id), before[2]);
    await page.keyboard.press('3');
    await rows(page, before.length - 1);
    check(!(await rowsOf(page)).includes(before[2]), 'it left');
    equal(await page.getAttribute('tr.selected', 'data-group'), String(before[3]), 'the next one is at hand');
    equal([told(before[2]).level, told(before[2]).analyst], [3, 'Hanako'], 'in the store');
    await page.keyboard.press('u');
    await rows(page, before.length);
    equal(await rowsOf(page), before, 'as before');
    equal(told(before[2]).level, undefined, 'taken back');
    const { body } = await ask(`alerts/${before[2]}`);
    equal(body.decisions.map((item) => [item.level, item.analyst]), [[null, 'Hanako'], [3, 'Hanako']], 'both words are kept');
    await close(page);
});

test('several are decided at once, and undone at once', async () => {
    const page = await open(server, { address: '#/alerts' });
    await page.waitForSelector(SHOWN);
    const before = await rowsOf(page);
    const now = await counts();
    await page.keyboard.press('x');
    for (let i = 0; i < 3; i++) {
        await page.keyboard.press('j');
        await page.keyboard.press('x');
    }
    await page.waitForSelector('.chip:has-text("4 chosen")');
    await page.keyboard.press('0');
    await rows(page, before.length - 4);
    equal((await counts()).decided, now.decided + 4, 'decided');
    check(before.slice(0, 4).every((id) => told(id).level === 0), 'false positives');
    await page.keyboard.press('u');
    await rows(page, before.length);
    equal((await counts()).decided, now.decided, 'undone');
    await page.click('thead input');
    await page.waitForSelector(`.chip:has-text("${before.length} chosen")`);
    await page.keyboard.press('Escape');
    await page.waitForSelector('.decide-bar .chip', { state: 'detached' });
    await close(page);
});

test('undoing a second word gives the first one again', async () => {
    const page = await open(server, { address: '#/alerts' });
    await page.waitForSelector(SHOWN);
    const [id] = await rowsOf(page);
    equal((await ask('alerts/decisions', { groups: [id], level: 4, analyst: 'Taro' })).status, 200, 'decided');
    await page.goto(`${server.address}/#/alerts?show=decided`);
    await page.waitForSelector(`tr[data-group="${id}"] .level-4`);
    await page.keyboard.press('1');
    await page.waitForSelector(`tr[data-group="${id}"] .level-1`);
    await page.keyboard.press('u');
    await page.waitForSelector(`tr[data-group="${id}"] .level-4`);
    equal((await ask('alerts/decisions', { groups: [id], level: null })).status, 200, 'taken back');
    await close(page);
});

test('bursts stand above the groups, and lead to them', async () => {
    const { body } = await ask('alerts/bursts');
    equal(body.bursts.reduce((sum, burst) => sum + burst.count, 0), made.alerts, 'each alert is of one burst');
    const largest = body.bursts.reduce((most, burst) => (burst.groups > most.groups ? burst : most));
    const page = await open(server, { address: '#/alerts/bursts' });
    await page.waitForSelector('.bursts tbody tr');
    equal(await page.locator('.bursts tr[data-burst]').count(), body.bursts.length, 'rows');
    await page.click(`tr[data-burst="${largest.burst}"] a`);
    await page.waitForSelector('.burst-groups li');
    equal(await page.locator('.burst-groups li').count(), largest.groups, 'its groups');
    await page.click('.burst-groups a');
    await page.waitForSelector('.alert-proof');
    await close(page);
});

test('a wrong decision is refused as a whole', async () => {
    const now = await counts();
    const [id] = (await ask('alerts')).body.groups.map((group) => group.id);
    for (const [body, status] of [[{ groups: [id, 999999], level: 1 }, 404], [{ groups: [id], level: 5 }, 400], [{ groups: [id] }, 400], [{ groups: [], level: 1 }, 400], [{ groups: ['1'], level: 1 }, 400], [{ level: 1 }, 400]]) {
        equal((await ask('alerts/decisions', body)).status, status, JSON.stringify(body));
    }
    equal(await counts(), now, 'nothing was decided');
});

// ---- what is held back ---------------------------------------------------------------------

test('what is held back is counted, and a sample of it is checked', async () => {
    const page = await open(server, { address: '#/alerts?show=held' });
    await page.waitForSelector('.held');
    const now = await counts();
    equal(await page.locator(SHOWN).count(), now.held, 'all of it');
    const why = await page.textContent('.held');
    check(why.includes('severity 3: 30') && why.includes('the attacks failed: 2'), why);
    await page.click('.held a.button');
    await rows(page, 12);
    const sample = await rowsOf(page);
    await page.click('.held button');
    await page.waitForFunction((old) => {
        const now = [...document.querySelectorAll('.board tbody tr')].map((row) => row.dataset.group);
        return now.length === 12 && now.join() !== old;
    }, sample.join());
    check(new Set([...sample, ...(await rowsOf(page))]).size > 12, 'others');
    await close(page);
});

// ---- what is decided here is learned ---------------------------------------------------------

const DAY = 86400000;

// Twelve times something routine and four exploits a day, of severities that say the contrary.
function daysOf(first, days) {
    return Array.from({ length: days * 16 }, (_, i) => {
        const exploit = i % 4 === 3;
        const name = exploit ? 'LOCAL Remote code exploit' : 'LOCAL Routine policy check';
        return eve(START + (first + Math.floor(i / 16)) * DAY + (i % 16) * 3600000, `203.0.113.${i % 16}`, 44000, name, exploit ? 3 : 2, exploit ? 2000011 : 2000010);
    }).join('\n') + '\n';
}

test('what is decided on the board changes the next model, and that the board', async () => {
    const learned = join(folder, 'learned');
    const lines = join(folder, 'days.json');
    writeFileSync(lines, daysOf(0, 4));
    run('alerts', 'gather', '--data', learned, lines);
    const other = await serve(learned);
    const page = await open(other, { address: '#/alerts' });
    for (const [kind, count, level] of [['shown', 48, '0'], ['held', 16, '3']]) {
        await page.goto(`${other.address}/#/alerts?show=${kind}`);
        await rows(page, count);
        await page.click('thead input');
        await page.waitForSelector(`.chip:has-text("${count} chosen")`);
        await page.keyboard.press(level);
        await rows(page, 0);
    }
    const more = join(folder, 'day.json');
    writeFileSync(more, daysOf(4, 1));
    run('alerts', 'gather', '--data', learned, more);
    await page.goto(`${other.address}/#/alerts`);
    await rows(page, 12);
    await page.mouse.move(5, 5); // under the pointer the list holds still
    check(!(await page.textContent('.board')).includes('exploit'), 'by its severity the exploit is held back');
    const trained = JSON.parse(run('alerts', 'train', '--json', '--data', learned));
    equal([trained.learned, trained.decisions, trained.generation], ['taken', 64, 1], 'what was decided is learned');
    await rows(page, 16);
    equal(await page.$$eval(SHOWN, (all) => all.slice(0, 4).map((row) => [row.textContent.includes('exploit'), row.querySelector('.level').textContent])), Array(4).fill([true, 'L3']), 'exploits first');
    await page.click(`${SHOWN} >> nth=0`);
    await page.waitForSelector('.sentences');
    const why = await page.textContent('.sentences');
    check(why.includes('most likely level 3') && why.includes('Learned from decisions: level 3'), why);
    await close(page);
    await stop(other);
});

// ---- live, reports ---------------------------------------------------------------------------

test('alerts that are gathered meanwhile appear, and push nothing away', async () => {
    const page = await open(server, { address: '#/alerts' });
    await page.waitForSelector(SHOWN);
    const before = await rowsOf(page);
    const more = join(folder, 'more.json');
    writeFileSync(more, `${eve(START + 600000, '203.0.113.99', 50000, 'LOCAL Something new', 1, 2000009)}\n`);
    run('alerts', 'gather', '--data', data, more);
    await page.waitForSelector(`${SHOWN}:has-text("Something new")`);
    equal((await rowsOf(page)).filter((id) => before.includes(id)), before, 'the others stand as they stood');
    await close(page);
});

test('reports by day, week and month, as a table and as CSV', async () => {
    const page = await open(server, { address: '#/alerts/report' });
    await page.waitForSelector('.report tbody tr');
    const now = await counts();
    equal(await page.$$eval('.report tbody tr:first-child > *', (cells) => cells.slice(0, 3).map((cell) => cell.textContent)), ['2026-01-12', String(now.alerts), String(now.groups)], 'the day');
    await page.click('.choices a:has-text("Month")');
    await page.waitForSelector('.report th:has-text("2026-01")');
    await page.click('.choices a:has-text("Week")');
    await page.waitForSelector('.report th:has-text("2026-01-12")');
    const [saved] = await Promise.all([page.waitForEvent('download'), page.click('button:has-text("CSV")')]);
    const csv = readFileSync(await saved.path(), 'utf8').trim().split('\r\n');
    equal(csv[0].split(',').slice(0, 4), ['period', 'groups', 'alerts', 'succeeded'], 'columns');
    equal(csv[1].split(',').slice(0, 4), ['2026-01-12', String(now.groups), String(now.alerts), '1'], 'the week');
    await page.emulateMedia({ media: 'print' });
    check(!(await page.isVisible('.bar')) && (await page.isVisible('.report table')), 'on paper only the report');
    await close(page);
});

// ---- for everybody -----------------------------------------------------------------------------

test('the board speaks one language at a time, and hides nothing', async () => {
    const [id] = (await ask('alerts')).body.groups.map((group) => group.id);
    for (const [language, theme] of [['en', 'light'], ['ja', 'dark']]) {
        for (const [address, ready] of [[`#/alerts/${id}`, '.proof-fields'], ['#/alerts?show=sample', SHOWN], ['#/alerts/report', '.report tbody tr'], ['#/alerts/bursts', '.bursts tbody tr']]) {
            const page = await open(server, { address, language, theme });
            await page.waitForSelector(ready);
            equal(await wronglySaid(page, language), [], `${address} in ${language}`);
            await page.evaluate(axe);
            equal(await violations(page), [], `${address} in ${theme}`);
            await page.setViewportSize({ width: 390, height: 844 });
            check(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${address} is as wide as a telephone`);
            await close(page);
        }
    }
});

test('without alerts, the page says how to gather some', async () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    const other = await serve(empty);
    const page = await open(other, { address: '#/alerts' });
    await page.waitForSelector('.notice');
    check((await page.textContent('.notice')).includes('alerts gather'), 'what to do');
    run('alerts', 'gather', '--data', empty, join(folder, 'alerts.json'));
    await page.waitForSelector(SHOWN);
    await close(page);
    await stop(other);
});

test('no page said an error or asked another machine', () => equal(complaints, [], 'complaints'));

const failed = await runTests(process.argv[3]);
await stop(server);
await finish(failed);

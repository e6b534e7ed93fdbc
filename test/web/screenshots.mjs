// The pictures of docs/images, from a simulated enterprise: npm run screenshots [HINOMI [FOLDER]]
// FOLDER is a data folder to show; without it one is simulated and read first.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSample } from './alerts_sample.mjs';
import { require, root } from './tap.mjs';


const { chromium } = require('playwright-core');
const hinomi = process.argv[2] ?? join(root, 'build/hinomi');
const data = process.argv[3] ?? simulated();
const shared = process.env.HINOMI_TEST_DATA ?? join(root, '../shared/data');
const images = join(root, 'docs/images');
const MOST_BYTES = 200 * 1024;

function must(argv) {
    if (spawnSync(hinomi, argv, { stdio: 'inherit' }).status !== 0) {
        throw new Error(`hinomi ${argv.join(' ')}`);
    }
}

// Organisations among the sources, and the configuration that knows them.
function members(folder) {
    const prefixes = { 'Aoba-University': '133.3.0.0/16', 'Chidori-City': '210.128.0.0/20', 'Fuji-Instruments': '157.82.0.0/16', 'Genji-Rail': '150.26.0.0/17', 'Iris-Insurance': '118.21.0.0/18' };
    const lines = Object.entries(prefixes);
    writeFileSync(join(folder, 'members'), lines.map(([name, prefix]) => `${name} ${prefix}\n`).join(''));
    writeFileSync(join(folder, 'darknet.yaml'), `telescope:\n  prefixes: [198.18.0.0/15]\norganisations:\n${lines.map(([name, prefix]) => `  - name: ${name}\n    prefixes: [${prefix}]\n`).join('')}`);
    return join(folder, 'members');
}

function simulated() {
    const folder = mkdtempSync(join(tmpdir(), 'hinomi-pictures-'));
    must(['lab', 'simulate', '-o', join(folder, 'lab')]);
    const days = readdirSync(join(folder, 'lab')).filter((name) => name.startsWith('events-')).sort();
    const watched = days[Math.max(0, days.length - 4)].slice(7, 17);
    must(['ingest', '--data', join(folder, 'data'), '--learn-until', `${watched}T00:00:00Z`, ...days.map((name) => join(folder, 'lab', name))]);
    must(['lab', 'darknet', '-o', join(folder, 'dark.pcap'), '--packets', '4000000', '--hours', '108', '--seed', '11', '--members', members(folder)]);
    const read = [join(folder, 'dark.pcap'), '--prefix', '198.18.0.0/15', '--data', join(folder, 'data')];
    must(['darknet', 'report', ...read, '--config', join(folder, 'darknet.yaml')]);
    must(['darknet', 'episodes', ...read]);
    must(['darknet', 'synchrony', ...read]);
    return join(folder, 'data');
}

// Two offices as somebody recorded them: flows of Suricata, and a capture. null: not beside the sources.
function recorded() {
    const archive = join(shared, 'darknet/flows/slips_dataset.tar.gz');
    if (!existsSync(archive)) {
        return null;
    }
    const folder = mkdtempSync(join(tmpdir(), 'hinomi-flows-'));
    const flows = ['dataset/test6-malicious.suricata.json', 'dataset/test7-malicious.pcap'];
    if (spawnSync('tar', ['-xzf', archive, '-C', folder, ...flows.map((name) => `./${name}`)]).status !== 0) {
        throw new Error(`tar ${archive}`);
    }
    must(['livenet', 'report', '--data', join(folder, 'data'), '--window', '1d', ...flows.map((name) => join(folder, name))]);
    return join(folder, 'data');
}

async function serve(data) {
    const server = spawn(hinomi, ['serve', '--data', data, '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    process.on('exit', () => server.kill('SIGKILL'));
    const address = await new Promise((resolve) => server.stdout.on('data', (part) => resolve(/http:\/\/[\d.:]+/.exec(String(part))[0])));
    return { address, token: readFileSync(join(data, 'token'), 'utf8').trim() };
}

const { address, token } = await serve(data);
const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

async function shoot(name, hash, { theme = 'light', language = 'en', ready, height = 800, prepare, from = { address, token } }) {
    const context = await browser.newContext({ viewport: { width: 1280, height }, colorScheme: theme, locale: language === 'ja' ? 'ja-JP' : 'en-US', timezoneId: 'Asia/Tokyo' });
    const page = await context.newPage();
    await page.goto(`${from.address}/#token=${from.token}`);
    await page.waitForSelector('.live-live');
    await page.goto(`${from.address}/${hash}`);
    await page.waitForSelector(ready, { timeout: 20000 });
    await prepare?.(page);
    await page.waitForTimeout(400);
    const path = join(images, `${name}.png`);
    await page.screenshot({ path });
    await context.close();
    // 160 colours are enough for an interface; without pngquant the pictures are just larger.
    spawnSync('pngquant', ['--force', '--strip', '--output', path, '160', path], { stdio: 'ignore' });
    const size = statSync(path).size;
    console.log(`${path} ${size} bytes`);
    if (size > MOST_BYTES) {
        console.error(`larger than ${MOST_BYTES} bytes: install pngquant`);
        process.exit(1);
    }
}

mkdirSync(images, { recursive: true });
const { cases } = await (await fetch(`${address}/api/cases`, { headers: { Authorization: `Bearer ${token}` } })).json();
const top = cases[0].id;
const sql = "SELECT time_text(time) AS time, host_name, user_name, process_executable, process_command_line\nFROM events WHERE event_category = 'process' AND event_action = 'start'\n  AND process_executable LIKE '%powershell.exe'\nORDER BY time DESC LIMIT 500";
await shoot('cases', '#/cases', { ready: '.case-row' });
await shoot('cases-ja', '#/cases', { ready: '.case-row', language: 'ja', theme: 'dark' });
await shoot('case', `#/cases/${top}`, { ready: '.graph .node', height: 1000 });
await shoot('case-ja', `#/cases/${top}`, { ready: '.graph .node', language: 'ja', theme: 'dark', height: 1000 });
await shoot('trace', `#/trace?from=${top}`, {
    ready: '.graph .node',
    prepare: (page) => page.click('.node-start >> nth=0'),
});
await shoot('hosts', '#/hosts', { ready: '.circle .point', theme: 'dark' });
await shoot('hunt', `#/hunt?sql=${encodeURIComponent(sql)}`, { ready: '.windowed tbody td' });
await shoot('health', '#/health', { ready: '.stages tbody tr' });
// The observatory's: those that have something to show.
const sky = { darknet: '.ranking tbody tr', contacts: '.contact', backscatter: '.attack', synchrony: '.over-time a' };
for (const [i, [name, ready]] of Object.entries(sky).entries()) {
    try {
        await shoot(name, `#/${name}`, { ready, height: 1000, theme: i % 2 ? 'dark' : 'light', prepare: (page) => page.waitForTimeout(1500) });
    } catch (error) {
        console.error(`${name}: ${error.message.split('\n')[0]}`);
    }
}
// A network under attack as others recorded it, with an own sample whose traffic is there to judge.
function alerted() {
    const folder = mkdtempSync(join(tmpdir(), 'hinomi-alerts-'));
    writeSample(folder);
    const contest = join(shared, 'alerts/sage_cptc-2017_NationalTeam1.json.gz');
    must(['alerts', 'gather', '--data', join(folder, 'data'), join(folder, 'alerts.json'), ...(existsSync(contest) ? [contest] : [])]);
    must(['alerts', 'judge', '--data', join(folder, 'data'), '--pcap', join(folder, 'traffic.pcap')]);
    return join(folder, 'data');
}

const board = await serve(alerted());
await shoot('alerts', '#/alerts', { ready: '.board tbody tr', from: board, prepare: (page) => page.click('.board tbody tr >> nth=0') });
await shoot('alerts-ja', '#/alerts', { ready: '.board tbody tr', from: board, language: 'ja', theme: 'dark' });
await shoot('alerts-held', '#/alerts?show=sample', { ready: '.board tbody tr', from: board });
// Some decisions, so that the report has levels to show: its successes, its scans, what is held back.
const boardAsk = async (path, body) => (await fetch(`${board.address}/api/alerts${path}`, { method: body ? 'POST' : 'GET', body: body && JSON.stringify(body), headers: { Authorization: `Bearer ${board.token}` } })).json();
const idsOf = (groups, wanted) => groups.filter(wanted).map((group) => group.id);
const { groups: toDecide } = await boardAsk('?limit=1000');
const { groups: heldBack } = await boardAsk('?show=held&limit=1000');
await boardAsk('/decisions', { groups: idsOf(toDecide, (group) => group.outcome === 'success'), level: 4 });
await boardAsk('/decisions', { groups: idsOf(toDecide, (group) => group.priority === 3 && /SCAN/.test(group.rule_name)), level: 2 });
await boardAsk('/decisions', { groups: heldBack.map((group) => group.id), level: 0 });
await shoot('alerts-report', '#/alerts/report', { ready: '.report tbody tr', from: board });
// Samples: a packed program and an application, where what they are made from is there.
function sampled() {
    const folder = mkdtempSync(join(tmpdir(), 'hinomi-samples-'));
    const samples = join(folder, 'data');
    const malware = join(shared, 'malware');
    const taken = [];
    if (existsSync(join(malware, 'packed_benign_samples.tar.gz'))) {
        mkdirSync(join(samples, 'models'), { recursive: true });
        must(['packer', 'train', join(malware, 'packers_pe.tsv.gz'), '-o', join(samples, 'models/packer.model')]);
        spawnSync('tar', ['-xzf', join(malware, 'packed_benign_samples.tar.gz'), '-C', folder]);
        taken.push(...['UPX/upx_Hash.exe', 'MEW/mew_Hash.exe', 'none/AltStreamDump.exe'].map((name) => join(folder, 'pe', name)));
    }
    if (spawnSync('python3', [join(root, 'test/android/make_apk.py'), join(folder, 'sample.apk')], { stdio: 'inherit' }).status === 0) {
        taken.push(join(folder, 'sample.apk'));
    }
    spawnSync('tar', ['-czf', join(folder, 'mail.tar.gz'), '-C', folder, 'pe/PECompact', 'pe/ASPack'], { stdio: 'ignore' });
    must(['sample', '--data', samples, ...taken, ...(existsSync(join(folder, 'mail.tar.gz')) ? [join(folder, 'mail.tar.gz')] : [])]);
    return samples;
}

const bench = await serve(sampled());
const { samples: rowsOfSamples } = await (await fetch(`${bench.address}/api/samples`, { headers: { Authorization: `Bearer ${bench.token}` } })).json();
const sampleNamed = (name) => rowsOfSamples.find((row) => row.name === name)?.sha256;
await shoot('samples', '#/samples', { ready: '.samples tbody tr', from: bench, height: 560 });
if (sampleNamed('upx_Hash.exe')) {
    await shoot('sample', `#/samples/${sampleNamed('upx_Hash.exe')}`, { ready: '.sections', from: bench, height: 1000 });
}
if (sampleNamed('sample.apk')) {
    await shoot('sample-apk', `#/samples/${sampleNamed('sample.apk')}`, { ready: '.traffic', from: bench, height: 1000 });
    await shoot('sample-apk-ja', `#/samples/${sampleNamed('sample.apk')}`, { ready: '.traffic', from: bench, language: 'ja', theme: 'dark', height: 1000 });
}
const flows = recorded();
if (flows) {
    await shoot('livenet', '#/livenet', { ready: '.net', height: 1000, from: await serve(flows), prepare: (page) => page.waitForTimeout(1500) });
} else {
    console.error(`livenet: no flows in ${shared}`);
}
await browser.close();
process.exit(0);

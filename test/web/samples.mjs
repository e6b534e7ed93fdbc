// Samples in a real browser: node samples.mjs HINOMI [WORD]
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { axe, close, complaints, finish, folder, hinomi, messages, open, serve, stop, violations, wronglySaid } from './stage.mjs';
import { check, equal, root, runTests, test } from './tap.mjs';

const shared = process.env.HINOMI_TEST_DATA ?? join(root, '../shared/data');
const packed = join(shared, 'malware/packed_benign_samples.tar.gz');
const table = join(shared, 'malware/packers_pe.tsv.gz');
const data = join(folder, 'samples');
const sha256 = (content) => createHash('sha256').update(content).digest('hex');

function must(program, ...argv) {
    const ran = spawnSync(program, argv, { encoding: 'utf8' });
    equal(ran.status, 0, `${program} ${argv.join(' ')}: ${ran.stderr}`);
    return ran.stdout;
}

mkdirSync(join(data, 'rules'), { recursive: true });
mkdirSync(join(data, 'models'));
writeFileSync(join(data, 'rules/mark.yar'), 'rule marked : one { meta: description = "has the mark" strings: $a = "hinomi-mark" condition: $a }');
writeFileSync(join(folder, 'inner.txt'), 'hinomi-mark');
writeFileSync(join(folder, 'events.json'), `${JSON.stringify({
    '@timestamp': '2026-05-01T10:00:00Z', event: { action: 'ProcessStarted', category: 'process' }, host: { name: 'PC-7' },
    process: { entity_id: 'p', executable: 'C:\\x.exe', pid: 4, hash: { sha256: sha256('hinomi-mark') } },
})}\n`);
must(hinomi, 'ingest', '--data', data, join(folder, 'events.json'));

// A model of three packers, from rows that are beside the sources; without them that panel is not tried.
function modelMade() {
    if (!existsSync(packed) || !existsSync(table)) {
        return false;
    }
    const [head, ...lines] = gunzipSync(readFileSync(table)).toString().trim().split('\n');
    const column = head.split('\t').indexOf('packer');
    const taken = {};
    const few = lines.filter((line) => {
        const packer = line.split('\t')[column];
        taken[packer] = (taken[packer] ?? 0) + 1;
        return ['UPX', 'ASPack', 'none'].includes(packer) && taken[packer] <= 40;
    });
    writeFileSync(join(folder, 'few.tsv'), [head, ...few].join('\n') + '\n');
    must(hinomi, 'packer', 'train', join(folder, 'few.tsv'), '-o', join(data, 'models/packer.model'));
    must('tar', '-xzf', packed, '-C', folder);
    return true;
}

const model = modelMade();
const server = await serve(data);

async function ask(path) {
    const answer = await fetch(`${server.address}/api/${path}`, { headers: { Authorization: `Bearer ${server.token}` } });
    return { status: answer.status, body: await answer.json() };
}

test('an empty list says what to do', async () => {
    const page = await open(server, { address: '#/samples' });
    await page.waitForSelector('.notice');
    check((await page.textContent('.notice')).includes('hinomi sample FOLDER'), 'what to do');
    await close(page);
});

test('a file that is dropped opens: what it is, which rule, where else', async () => {
    const page = await open(server, { address: '#/samples' });
    await page.waitForSelector('.drop');
    await page.setInputFiles('.drop input', join(folder, 'inner.txt'));
    await page.waitForSelector('.rules li');
    check(page.url().endsWith(`#/samples/${sha256('hinomi-mark')}`), page.url());
    const said = await page.textContent('article');
    for (const part of ['inner.txt', 'ASCII text', 'marked', 'has the mark', 'mark.yar', '1 events', 'PC-7', sha256('hinomi-mark'), 'the file itself is not kept']) {
        check(said.includes(part), `${part} in ${said}`);
    }
    const [saved] = await Promise.all([page.waitForEvent('download'), page.click('button:has-text("JSON")')]);
    equal(JSON.parse(readFileSync(await saved.path(), 'utf8')).report.sha256, sha256('hinomi-mark'), 'the report as JSON');
    await page.click('.links-to .door');
    await page.waitForSelector('.windowed tbody td');
    check((await page.textContent('.windowed')).includes('PC-7'), 'the events that name it');
    await page.goto(`${server.address}/#/samples`);
    await page.waitForSelector('.samples tbody tr');
    check((await page.textContent('.samples tbody')).includes('rules: 1'), 'in the list');
    await close(page);
});

test('archives open file by file, and a bound that was met is told', async () => {
    must('python3', '-c', `import zipfile,sys
z = zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED)
z.writestr('docs/inner.txt', 'hinomi-mark'); z.writestr('bomb', b'A' * (20 << 20)); z.close()`, join(folder, 'two.zip'));
    const page = await open(server, { address: '#/samples' });
    await page.setInputFiles('.drop input', join(folder, 'two.zip'));
    await page.waitForSelector('.sample-files tbody tr');
    equal(await page.locator('.sample-files tbody tr').count(), 3, 'files');
    check((await page.textContent('.bounds')).includes('a bomb, perhaps'), 'the bound');
    await page.keyboard.press('j');
    await page.waitForSelector('.rules li');
    check((await page.textContent('article')).includes('has the mark'), 'the member');
    check((await page.textContent('.links-to')).includes('inner.txt'), 'the sample that is the same');
    await page.keyboard.press('Escape');
    await page.waitForSelector('.samples tbody tr');
    await close(page);
});

test('a packed program: by whom, entropy, sections, what runs first', async () => {
    if (!model) {
        return;
    }
    const page = await open(server, { address: '#/samples' });
    await page.setInputFiles('.drop input', join(folder, 'pe/UPX/upx_Hash.exe'));
    await page.waitForSelector('.sections tbody tr');
    check((await page.textContent('#packer + *')).includes('Packed by UPX'), await page.textContent('#packer + *'));
    equal(await page.locator('.sections tbody tr').count(), 3, 'sections');
    equal(await page.locator('.sections tr.entry').count(), 1, 'where it begins');
    check((await page.locator('.entropy-map rect').count()) >= 32, 'entropy');
    check((await page.textContent('.routine')).includes('pushal'), 'the routine');
    await close(page);
});

// An application built from smali by Debian's tools, from file to traffic light.
test('an Android application: two lights, each with its reasons', async () => {
    const built = spawnSync('python3', [join(root, 'test/android/make_apk.py'), join(folder, 'sample.apk')], { encoding: 'utf8' });
    if (built.status === 77) {
        console.log(`# SKIP ${built.stderr.trim()}`);
        return;
    }
    equal(built.status, 0, built.stderr);
    const page = await open(server, { address: '#/samples' });
    await page.setInputFiles('.drop input', join(folder, 'sample.apk'));
    await page.waitForSelector('.traffic');
    equal(await page.locator('.traffic').count(), 2, 'lights');
    for (const light of ['threat', 'vulnerability']) {
        const { body } = await ask(`samples/${sha256(readFileSync(join(folder, 'sample.apk')))}`);
        const told = body.report.files[0].apk[light];
        const shown = page.locator('.traffic', { has: page.locator(`h3:text-is("${messages[`apk.${light}`][0]}")`) });
        equal(await shown.locator(`.lit-${told.light}`).count(), 1, `${light} is ${told.light}`);
        check(told.light !== 'green' && told.findings.length > 0, `${light} has reasons`);
        check((await shown.textContent()).includes(told.findings[0].what), told.findings[0].what);
    }
    check((await page.textContent('#apk + *')).length > 0 && (await page.textContent('article')).includes('android.permission.'), 'permissions');
    await page.evaluate(axe);
    equal(await violations(page), [], 'the lights');
    await close(page);
});

test('a sample that comes by the command line appears', async () => {
    const page = await open(server, { address: '#/samples' });
    await page.waitForSelector('.samples tbody tr');
    writeFileSync(join(folder, 'later.txt'), 'came later');
    must(hinomi, 'sample', '--data', data, join(folder, 'later.txt'));
    await page.waitForSelector('.samples tbody tr:first-child:has-text("later.txt")');
    await close(page);
});

test('what is no sample is said so', async () => {
    const page = await open(server, { address: `#/samples/${'0'.repeat(64)}` });
    await page.waitForSelector('.notice');
    await close(page);
});

test('both languages, both themes, a telephone', async () => {
    for (const [language, theme] of [['en', 'light'], ['ja', 'dark']]) {
        for (const [address, ready] of [['#/samples', '.samples tbody tr'], [`#/samples/${sha256(readFileSync(join(folder, model ? 'pe/UPX/upx_Hash.exe' : 'inner.txt')))}`, '.fields']]) {
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

test('from a confirmed case to its indicators and a hunt for them', async () => {
    const lab = join(folder, 'lab');
    const history = join(folder, 'history');
    must(hinomi, 'lab', 'simulate', '-o', lab, '--days', '8', '--pcs', '8', '--servers', '6', '--events', '20000');
    const days = readdirSync(lab).filter((name) => name.startsWith('events-')).map((name) => join(lab, name));
    must(hinomi, 'ingest', '--data', history, '--learn-until', '2026-01-09T00:00:00Z', ...days);
    const other = await serve(history);
    const page = await open(other, { address: '#/cases/1' });
    await page.waitForSelector('#why');
    equal(await page.locator('#indicators').count(), 0, 'nothing before it is confirmed');
    await page.click('.decide button:has-text("True positive")');
    await page.click('#indicators + * button');
    await page.waitForSelector('.indicators tbody tr');
    check((await page.locator('.indicators code').count()) > 0, 'what to look for');
    const said = await page.textContent('.links-to');
    check(said.includes('this case') && said.includes('WMIC.exe'), said);
    const [saved] = await Promise.all([page.waitForEvent('download'), page.click('button:has-text("Sigma")')]);
    check(readFileSync(await saved.path(), 'utf8').includes('detection:'), 'as rules of another tool');
    await page.click('.links-to .door');
    await page.waitForSelector('.graph .node');
    await close(page);
    await stop(other);
});

test('no page asked elsewhere or failed', () => equal(complaints, [], 'complaints'));

const failed = await runTests(process.argv[3]);
await stop(server);
await finish(failed);

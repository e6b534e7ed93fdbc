// What the browser tests share: servers on folders, a browser that is watched, the words of both languages.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { require, root, skipAll } from './tap.mjs';

export const hinomi = process.argv[2];
const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
if (!chromiumPath) {
    skipAll('no Chromium here');
}
const { chromium } = require('playwright-core');
export const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const { code } = require('esbuild').transformSync(readFileSync(join(root, 'web/src/text.ts'), 'utf8'), { loader: 'ts', format: 'esm' });
export const { messages } = await import(`data:text/javascript,${encodeURIComponent(code)}`);

export const folder = mkdtempSync(join(tmpdir(), 'hinomi-console-'));

// ---- a server and a browser ------------------------------------------------------------

const servers = [];
process.on('exit', () => servers.forEach((child) => child.kill('SIGKILL')));

export async function serve(data, port = 0) {
    const child = spawn(hinomi, ['serve', '--data', data, '--listen', `127.0.0.1:${port}`], { stdio: ['ignore', 'pipe', 'inherit'] });
    servers.push(child);
    const address = await new Promise((resolve, reject) => {
        let said = '';
        child.stdout.on('data', (part) => {
            said += part;
            const match = /http:\/\/127\.0\.0\.1:(\d+)/.exec(said);
            if (match) {
                resolve(match[0]);
            }
        });
        child.on('exit', (status) => reject(new Error(`hinomi serve ended with ${status}`)));
    });
    return { child, address, token: readFileSync(join(data, 'token'), 'utf8').trim() };
}

export async function stop(server) {
    const ended = new Promise((resolve) => server.child.on('exit', resolve));
    server.child.kill('SIGTERM');
    return ended;
}

const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: ['--headless', '--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

// What no page may ever do is watched on every page.
export const complaints = [];

export async function open(server, { address = '#/cases', language = 'en', theme = 'light', token = true } = {}) {
    const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, colorScheme: theme, locale: language === 'ja' ? 'ja-JP' : 'en-US', timezoneId: 'Asia/Tokyo' });
    const page = await context.newPage();
    page.setDefaultTimeout(15000);
    page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
    page.on('console', (message) => {
        if (message.type() === 'error' && !/Failed to load resource|ERR_/.test(message.text())) {
            complaints.push(`console: ${message.text()}`);
        }
    });
    page.on('request', (asked) => {
        if (!asked.url().startsWith(server.address) && !/^(data|blob):/.test(asked.url())) {
            complaints.push(`asked ${asked.url()}`);
        }
    });
    if (token) {
        await page.goto(`${server.address}/#token=${server.token}`);
        await page.waitForSelector('.live-live');
    }
    await page.goto(`${server.address}/${address}`);
    return page;
}

export const close = (page) => page.context().close();

// Messages that were said on this page in the other language.
export async function wronglySaid(page, language) {
    const other = language === 'ja' ? 0 : 1;
    const words = Object.values(messages)
        .filter(([english, japanese]) => english !== japanese && !/\{/.test(english))
        .map((pair) => pair[other]);
    const said = await page.evaluate(() => {
        const found = [];
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            if (!walker.currentNode.parentElement.closest('code, option')) {
                found.push(walker.currentNode.data.trim());
            }
        }
        for (const element of document.querySelectorAll('[aria-label], [placeholder], [title]')) {
            found.push(...['aria-label', 'placeholder', 'title'].map((name) => element.getAttribute(name) ?? ''));
        }
        return found;
    });
    // The button that switches the language is in the other one.
    const allowed = new Set([...messages['bar.language'], ...messages['bar.language_label']]);
    return said.filter((text) => words.includes(text) && !allowed.has(text));
}


// What no page may hide from a keyboard, a screen reader or weak eyes.
export async function violations(page) {
    const { violations: found } = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }));
    return found.map((item) => `${item.id}: ${item.nodes[0].html.slice(0, 120)} ${item.nodes[0].failureSummary.slice(0, 200)}`);
}

export async function finish(failed) {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
    process.exit(failed ? 1 : 0);
}

// What can be said of the console without opening it: its words, its colours, its size.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { check, equal, require, root, runTests, test } from './tap.mjs';

const typescript = require('typescript');
const { buildSync, transformSync } = require('esbuild');

const source = join(root, 'web/src');
const files = ['', 'pages/']
    .flatMap((folder) => readdirSync(join(source, folder)).map((name) => folder + name))
    .filter((name) => /\.tsx?$/.test(name));
const textOf = (name) => readFileSync(join(source, name), 'utf8');

async function loadMessages() {
    const { code } = transformSync(textOf('text.ts'), { loader: 'ts', format: 'esm' });
    return (await import(`data:text/javascript,${encodeURIComponent(code)}`)).messages;
}

const messages = await loadMessages();

// Said the same in both languages, on purpose.
const SAME = new Set(['app.name', 'hunt.csv']);

const placeholders = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

test('every message is there in English and in Japanese', () => {
    for (const [key, [english, japanese]] of Object.entries(messages)) {
        check(english.trim() && japanese.trim(), `${key} is empty`);
        if (SAME.has(key)) {
            equal(japanese, english, key);
        } else if (key !== 'bar.language' && key !== 'bar.language_label') {
            check(/[\u3040-\u30ff\u4e00-\u9fff]/.test(japanese) || !/\p{L}/u.test(japanese.replace(/\{\w+\}/g, '')), `${key} is not Japanese: ${japanese}`);
            check(!/[\u3040-\u30ff\u4e00-\u9fff]/.test(english), `${key} is not English: ${english}`);
        }
    }
});

test('both languages of a message take the same values', () => {
    for (const [key, [english, japanese]] of Object.entries(messages)) {
        equal(placeholders(japanese), placeholders(english), key);
    }
});

// Keys are written out, or made as `level.${n}`: then the part before the ${ is what is used.
test('every message is used', () => {
    const all = files.filter((name) => name !== 'text.ts').map(textOf).join('\n');
    const made = [...all.matchAll(/`([a-z_]+\.[a-z_]*)\$\{/g)].map((match) => match[1]);
    const unused = Object.keys(messages).filter(
        (key) => !all.includes(`'${key}'`) && !all.includes(`"${key}"`) && !made.some((start) => key.startsWith(start)),
    );
    equal(unused, [], 'never said');
});

const SPOKEN = new Set(['title', 'aria-label', 'placeholder', 'alt', 'label']);

// Words that stand in the markup itself would be said in one language only.
function untranslated(name) {
    const tree = typescript.createSourceFile(name, textOf(name), typescript.ScriptTarget.Latest, true, typescript.ScriptKind.TSX);
    const found = [];
    const visit = (node) => {
        const at = () => `${name}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
        if (typescript.isJsxText(node) && /\p{L}{2,}/u.test(node.text)) {
            found.push(`${at()} ${node.text.trim()}`);
        }
        if (typescript.isJsxAttribute(node) && SPOKEN.has(node.name.getText()) && node.initializer && typescript.isStringLiteral(node.initializer) && !(node.initializer.text in messages)) {
            found.push(`${at()} ${node.getText()}`);
        }
        node.forEachChild(visit);
    };
    visit(tree);
    return found;
}

test('no words stand in the markup', () => {
    equal(files.filter((name) => name.endsWith('.tsx')).flatMap(untranslated), [], 'untranslated');
});

test('the check for words in the markup finds one', () => {
    const tree = typescript.createSourceFile('x.tsx', '<p title="Hello">World</p>', typescript.ScriptTarget.Latest, true, typescript.ScriptKind.TSX);
    let words = 0;
    const visit = (node) => {
        words += typescript.isJsxText(node) && /\p{L}{2,}/u.test(node.text) ? 1 : 0;
        node.forEachChild(visit);
    };
    visit(tree);
    equal(words, 1, 'words');
});

// ---- colours ---------------------------------------------------------------------------

const css = readFileSync(join(source, 'style.css'), 'utf8');

function coloursOf(selector) {
    const block = css.slice(css.indexOf(`${selector} {`)).split('}')[0];
    return Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map((match) => [match[1], match[2]]));
}

const light = coloursOf(':root');
const dark = { ...light, ...coloursOf(':root[data-theme="dark"]') };

function luminance(colour) {
    const [r, g, b] = [1, 3, 5].map((i) => {
        const part = parseInt(colour.slice(i, i + 2), 16) / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
}

const TEXT = ['n10', 'n11', 'n12', 'accent', 'level-0', 'level-1', 'level-2', 'level-3', 'level-4', 'good', 'link-ip', 'link-domain', 'link-malware', 'link-tag'];
const GROUND = ['n1', 'n2'];

for (const [name, theme] of Object.entries({ light, dark })) {
    test(`text has a contrast of 4.5 in the ${name} theme`, () => {
        equal(Object.keys(theme).filter((key) => /^n\d+$/.test(key)).length, 12, 'steps of the scale');
        for (const text of TEXT) {
            for (const ground of GROUND) {
                const found = contrast(theme[text], theme[ground]);
                check(found >= 4.5, `${text} on ${ground}: ${found.toFixed(2)}`);
            }
        }
        for (const level of ['level-1', 'level-2', 'level-3', 'level-4', 'accent']) {
            const found = contrast(theme.n1, theme[level]);
            check(found >= 4.5, `n1 on ${level}: ${found.toFixed(2)}`);
        }
        check(contrast(theme.accent, theme['accent-soft']) >= 4.5, 'accent on accent-soft');
    });
}

// Simulated deuteranopia and protanopia (Machado et al. 2009, severity 1.0, linear RGB).
const BLINDNESS = {
    protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
};

const linear = (colour) => [1, 3, 5].map((i) => (parseInt(colour.slice(i, i + 2), 16) / 255) ** 2.2);

function seenBy(matrix, colour) {
    const rgb = linear(colour);
    return matrix.map((row) => row.reduce((sum, part, i) => sum + part * rgb[i], 0));
}

test('the most urgent level stands apart from the least to colour-blind eyes', () => {
    for (const theme of [light, dark]) {
        for (const [kind, matrix] of Object.entries(BLINDNESS)) {
            const [a, b] = ['level-4', 'level-1'].map((name) => seenBy(matrix, theme[name]));
            const apart = Math.hypot(...a.map((part, i) => part - b[i]));
            check(apart > 0.1, `${kind}: ${apart.toFixed(3)}`);
        }
    }
});

// ---- the folding of a trace ---------------------------------------------------------------

test('things that hang alike on one thing are folded, findings and chains are not', async () => {
    const { code } = transformSync(textOf('fold.ts'), { loader: 'ts', format: 'esm' });
    const { folded } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    const node = (id, x, y, side = 1, host = 'a') => ({ id, x, y, side, host, type: 'process', name: '', entity_id: `p-${id}`, time: null, weight: 1 });
    const edge = (from, to) => ({ from, to, relation: 'started', time: null, inferred: false, event: '' });
    const trace = {
        nodes: [node(1, 0, 0, 0), node(2, 1, 0), node(3, 2, 0), node(4, 3, 0), node(5, 4, 1), node(6, 5, 2, 0), node(7, 6, 3, 1, 'b'), node(8, 7, 3, 1, 'b')],
        edges: [edge(1, 2), edge(2, 3), edge(2, 4), edge(2, 5), edge(2, 6), edge(2, 7), edge(7, 8)],
        lanes: [{ host: 'a', top: 0, rows: 3 }, { host: 'b', top: 3, rows: 1 }],
        truncated: false,
        visited: 9,
    };
    const made = folded(trace, new Set(), ({ members }) => String(members.length));
    equal(made.trace.nodes.map((item) => item.id).sort(), [-1, 1, 2, 6, 7, 8].sort(), 'nodes');
    equal(made.trace.nodes.find((item) => item.id === -1).name, '3', 'three are one');
    equal(made.trace.edges.length, 5, 'edges');
    equal(Math.max(...made.trace.nodes.map((item) => item.x)), 5, 'columns close up');
    equal(made.trace.lanes, [{ host: 'a', top: 0, rows: 1 }, { host: 'b', top: 1, rows: 1 }], 'rows close up');
    const [fold] = made.folds.values();
    equal(folded(trace, new Set([fold.key]), () => '').trace.nodes.length, 8, 'opened');
});

// ---- size ------------------------------------------------------------------------------

test('script and style are less than 200 KB compressed', () => {
    const { outputFiles } = buildSync({
        absWorkingDir: join(root, 'web'),
        entryPoints: ['src/main.tsx', 'src/style.css'],
        bundle: true, minify: true, format: 'esm', jsx: 'automatic', jsxImportSource: 'preact',
        write: false, outdir: '/', define: { OBSERVATION_FIELDS: '[]' },
    });
    const size = outputFiles.reduce((sum, file) => sum + gzipSync(file.contents).length, 0);
    console.log(`# ${size} bytes`);
    check(size > 0 && size < 200 * 1000, `${size} bytes`);
});

test('the lock file records no addresses to download from', () => {
    const lock = JSON.parse(readFileSync(join(root, 'web/package-lock.json'), 'utf8'));
    for (const [name, entry] of Object.entries(lock.packages)) {
        check(!entry.resolved, `${name}: ${entry.resolved}`);
        check(name === '' || entry.integrity, `${name} has no checksum`);
    }
});

process.exitCode = (await runTests(process.argv[2])) ? 1 : 0;

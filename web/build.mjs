// The console as one C file: node build.mjs OUT.c
// Bundles src/main.tsx and src/style.css, compresses them, and writes them as arrays,
// with a make-style list of what they were made from beside it (OUT.c.d).
import { build } from 'esbuild';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync, constants } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2];
if (!out) {
    console.error('usage: node build.mjs OUT.c');
    process.exit(2);
}

// The console shows the columns by the names of the one list they are made from.
const observation = join(here, '../src/model/observation.h');
const list = /#define OBSERVATION_FIELDS\(X\)([^]*?)\n\n/.exec(readFileSync(observation, 'utf8'))?.[1] ?? '';
const fields = [...list.matchAll(/X\(\w+, (\w+),/g)].map((match) => match[1]);
if (fields.length === 0) {
    throw new Error(`${observation}: no OBSERVATION_FIELDS`);
}

const bundle = await build({
    absWorkingDir: here,
    entryPoints: [
        { in: 'src/main.tsx', out: 'console' },
        { in: 'src/style.css', out: 'console' },
    ],
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['es2021'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    charset: 'utf8',
    legalComments: 'none',
    metafile: true,
    write: false,
    outdir: '/',
    define: { OBSERVATION_FIELDS: JSON.stringify(fields) },
});

const files = [
    { path: '/', type: 'text/html; charset=utf-8', bytes: readFileSync(join(here, 'src/index.html')) },
    ...bundle.outputFiles.map((file) => ({
        path: file.path,
        type: file.path.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8',
        bytes: file.contents,
    })),
].map((file) => ({ ...file, packed: gzipSync(file.bytes, { level: constants.Z_BEST_COMPRESSION }) }));

const arrays = files.map(
    (file, i) => `static const unsigned char file_${i}[] = {${[...file.packed].join(',')}};\n`,
);
const entries = files.map(
    (file, i) => `    {${JSON.stringify(file.path)}, ${JSON.stringify(file.type)}, file_${i}, sizeof file_${i}},\n`,
);
writeFileSync(
    out,
    `/* Made by web/build.mjs. */\n#include "show/console_bundle.h"\n\n${arrays.join('')}\n` +
        `const struct console_file console_files[] = {\n${entries.join('')}    {0, 0, 0, 0},\n};\n`,
);

const inputs = Object.keys(bundle.metafile.inputs)
    .filter((input) => !input.startsWith('node_modules'))
    .map((input) => resolve(here, input));
inputs.push(observation, join(here, 'src/index.html'), fileURLToPath(import.meta.url));
writeFileSync(`${out}.d`, `${out}: ${inputs.map((input) => input.replace(/ /g, '\\ ')).join(' ')}\n`);

// Cases one after the other, said as TAP, so that each counts.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

// Packages live in web/node_modules, not beside the tests.
export const require = createRequire(join(root, 'web/package.json'));

const cases = [];

export function test(name, run) {
    cases.push({ name, run });
}

export function skipAll(why) {
    console.log(`1..0 # SKIP ${why}`);
    process.exit(0);
}

export function check(holds, what) {
    if (!holds) {
        throw new Error(what);
    }
}

export function equal(found, expected, what) {
    check(
        JSON.stringify(found) === JSON.stringify(expected),
        `${what}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`,
    );
}

// Run all cases; with a word on the command line, only those whose name has it.
export async function runTests(wanted = '') {
    const chosen = cases.filter(({ name }) => name.includes(wanted));
    console.log(`1..${chosen.length}`);
    let failed = 0;
    for (const [i, { name, run }] of chosen.entries()) {
        try {
            await run();
            console.log(`ok ${i + 1} - ${name}`);
        } catch (error) {
            failed++;
            console.log(`not ok ${i + 1} - ${name}`);
            console.log(String(error.stack ?? error).replace(/^/gm, '# '));
        }
    }
    return failed;
}

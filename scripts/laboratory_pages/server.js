// The Node.js pages of the laboratory: a JSON API and a template page, over keep-alive and chunked answers.
"use strict";
const child = require("node:child_process");
const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");

const root = process.env.LAB_ROOT;
const counts = new WeakMap(); // requests of each connection so far

function note(what, key, facts) {
    fs.appendFileSync(process.env.LAB_TRUTH, JSON.stringify({ what, key, ...facts }) + "\n");
}

function run(key, command) {
    const env = { ...process.env, LAB_REQUEST: key, LAB_OWN: "lookup" };
    return new Promise((resolve) =>
        child.exec(command, { shell: process.env.LAB_SHELL, env, cwd: "/" }, (error, output, errors) =>
            resolve({ output, errors, status: error ? error.code : 0 })));
}

async function resolveHost(key, variant, input) {
    const host = String(input.host ?? "");
    if (variant === "checked" && !/^[\w.-]+$/.test(host))
        return [422, { error: "host must be a name", host }];
    if (variant === "direct") {
        const done = child.spawnSync("lookup", [host], { encoding: "utf8" });
        return [200, { lines: done.stdout.trim().split("\n") }];
    }
    const done = await run(key, variant === "double" ? `lookup "${host}"` : `lookup ${host}`);
    if (variant === "silent")
        return [202, { accepted: true, ticket: key.length * 7 }];
    if (variant === "echoing")
        return [202, { accepted: true, host }];
    if (done.status && variant === "failing")
        return [500, { error: "lookup failed", status: done.status, detail: done.errors }];
    return [200, variant === "lines" ? { lines: done.output.split("\n") } : { host, output: done.output }];
}

function calculate(key, variant, input) {
    const sum = String(input.sum ?? "");
    if (variant === "checked" && !/^[\d\s+*/().-]+$/.test(sum))
        return [422, { error: "not a sum", sum }];
    const start = Date.now();
    let value, error = null, parsed = true;
    try {
        value = new Function("require", "process", `return (${sum})`)(require, process);
        if (Buffer.isBuffer(value))
            value = value.toString();
    } catch (thrown) {
        error = String(thrown.message);
        parsed = !(thrown instanceof SyntaxError);
    }
    note("code", key, { input: sum, parsed, printed: "", value: String(value), error, seconds: (Date.now() - start) / 1000 });
    if (variant === "silent")
        return [202, { stored: true }];
    return error === null ? [200, { value: variant === "shown" ? value : Number(value) }] : [500, { error: "not a sum" }];
}

// A template language of one page: ${EXPRESSION} or {{EXPRESSION}} is JavaScript.
function render(key, variant, input) {
    const name = String(input.name ?? "friend");
    if (variant === "data")
        return [200, `<h2>Dear ${name.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`)},</h2>\n<p>Your order is on its way.</p>\n`];
    const start = Date.now();
    let parsed = true, values = [], evaluated = false;
    const template = variant === "braces" ? /\{\{(.+?)\}\}/gs : /\$\{(.+?)\}/gs;
    const shown = name.replace(template, (_, expression) => {
        evaluated = true;
        try {
            values.push(String(new Function("process", "require", `return (${expression})`)(process, require)));
        } catch (thrown) {
            parsed = !(thrown instanceof SyntaxError) && parsed;
            values.push("");
        }
        return values.at(-1);
    });
    note("template", key, { input: name, parsed, evaluated, values, seconds: (Date.now() - start) / 1000 });
    if (variant === "silent")
        return [200, "<h2>Dear customer,</h2>\n<p>Your card was printed.</p>\n"];
    return [200, `<h2>Dear ${shown},</h2>\n<p>Your order is on its way.</p>\n`];
}

function download(key, variant, input) {
    const name = String(input.file ?? "");
    const wanted = variant === "plain" ? path.join(root, "notes", name) : path.join(root, "notes", path.basename(name));
    let content = null;
    try {
        content = fs.readFileSync(wanted, "utf8");
    } catch {
        content = null;
    }
    const outside = content !== null && !wanted.startsWith(path.join(root, "notes") + "/");
    note("file", key, { input: name, outside, content: (content ?? "").slice(0, 4000) });
    return content === null ? [404, { error: "ENOENT", file: name }] : [200, content];
}

const pages = { resolve: resolveHost, calculate, render, download };

async function answer(request, response, body) {
    const index = counts.get(request.socket) ?? 0;
    counts.set(request.socket, index + 1);
    const key = `${process.env.LAB_NAME} ${request.socket.remotePort} ${index}`;
    const url = new URL(request.url, "http://laboratory");
    const [, page, variant] = url.pathname.split("/");
    let input = Object.fromEntries(url.searchParams);
    try {
        input = body ? { ...input, ...JSON.parse(body) } : input;
    } catch {
        input = { ...input, broken: true };
    }
    const known = Object.hasOwn(pages, page);
    const [status, content] = known ? await pages[page](key, variant, input)
        : url.pathname === "/" ? [200, { service: "directory", pages: Object.keys(pages) }] : [404, { error: `Cannot ${request.method} ${url.pathname}` }];
    const text = typeof content === "string" ? content : JSON.stringify(content);
    note("page", key, { page: `${page}/${variant}`, answer: text, input: Object.values(input).join(" ") });
    response.writeHead(status, { "Content-Type": typeof content !== "string" ? "application/json" : page === "render" ? "text/html" : "text/plain" });
    const half = text.length >> 1; // two chunks, the border in the middle of whatever stands there
    response.write(text.slice(0, half));
    response.end(text.slice(half));
}

http.createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => answer(request, response, Buffer.concat(parts).toString()));
}).listen(Number(process.env.LAB_PORT), process.env.LAB_ADDRESS);

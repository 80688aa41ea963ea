// SPDX-License-Identifier: Apache-2.0
// What the checks share: a browser whose tabs note all that is wrong, results as lines, readers of
// JSON and CSV.
'use strict';
const fs = require('node:fs');
const { chromium } = require('playwright-core');

const axeSource = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
// The last one: a desktop's window, of which the reader sees a quarter, twice as large.
const sizes = {
    desktop: { width: 1280, height: 900 },
    phone: { width: 360, height: 740 },
    zoomed: { width: 640, height: 450 },
};
let failures = 0;

// dash.sh turns each line into a check.
function result(text, problems) {
    const list = [].concat(problems ?? []).filter(Boolean);
    const flat = (line) => String(line).replace(/\\/g, '\\\\').replace(/\t/g, ' ')
        .replace(/\n/g, '\\n');
    if (list.length) {
        failures++;
        process.stdout.write(`not ok\t${text}\t${list.slice(0, 12).map(flat).join('\\n')}\n`);
    } else {
        process.stdout.write(`ok\t${text}\n`);
    }
}

function equal(text, expected, actual) {
    result(text, expected === actual ? []
        : `expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
}

function check(text, holds, detail) {
    result(text, holds ? [] : detail || 'it does not hold');
}

// What throws is a check that failed; the next ones go on.
async function part(text, run) {
    try {
        await run();
    } catch (error) {
        result(text, error.stack.split('\n').slice(0, 6).join('\n'));
    }
}

async function launch() {
    return chromium.launch({
        executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
        args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none'],
    });
}

// A browser of its own, as a reader has one: cookies, theme, size. Its tabs note what goes wrong.
class Reader {
    static async open(browser, { base, size = 'desktop', dark = false, scripts = true }) {
        const reader = new Reader();
        reader.origin = new URL(base).origin;
        reader.context = await browser.newContext({
            viewport: sizes[size],
            deviceScaleFactor: size === 'zoomed' ? 2 : 1,
            isMobile: size === 'phone',
            hasTouch: size === 'phone',
            colorScheme: dark ? 'dark' : 'light',
            javaScriptEnabled: scripts,
            reducedMotion: 'reduce',
            timezoneId: 'Europe/Berlin',
            locale: 'en-GB',
        });
        reader.context.setDefaultTimeout(30000);
        await reader.context.addInitScript(() => {
            window.harm = [];
            for (const name of ['alert', 'confirm', 'prompt', 'print']) {
                window[name] = (text) => {
                    window.harm.push(`${name}: ${text}`);
                };
            }
            document.addEventListener('securitypolicyviolation', (event) => {
                window.harm.push(`policy: ${event.violatedDirective} ${event.blockedURI}`);
            });
        });
        reader.tab = await reader.context.newPage();
        reader.watch(reader.tab);
        return reader;
    }

    watch(tab) {
        this.problems = [];
        tab.on('console', (message) => {
            if (['error', 'warning'].includes(message.type())) {
                this.problems.push(`console: ${message.text()} ${message.location().url}`);
            }
        });
        tab.on('pageerror', (error) => this.problems.push(`script: ${error.message}`));
        tab.on('dialog', (dialog) => {
            this.problems.push(`dialog: ${dialog.message()}`);
            dialog.dismiss();
        });
        tab.on('requestfailed', (request) => {
            if (request.failure().errorText !== 'net::ERR_ABORTED') {
                this.problems.push(`request: ${request.url()} ${request.failure().errorText}`);
            }
        });
        tab.on('request', (request) => {
            const url = new URL(request.url());
            if (url.origin !== this.origin && url.protocol !== 'data:') {
                this.problems.push(`request to another host: ${request.url()}`);
            }
        });
    }

    // Load a page and wait until its charts are drawn, or said to fail; gives the status.
    async go(path) {
        this.problems.length = 0;
        const answer = await this.tab.goto(new URL(path, this.origin).href);
        await this.settle();
        return answer.status();
    }

    async settle() {
        await this.tab.waitForLoadState('load');
        if (!await this.tab.evaluate(() => Boolean(window.scrubjay)).catch(() => false)) {
            return;
        }
        await this.tab.waitForFunction(() => [...document.querySelectorAll('figure[data-chart]')]
            .every((figure) => 'drawn' in figure.dataset
                || figure.textContent.includes('cannot be drawn')));
        // Charts draw when they know their width.
        await this.tab.evaluate(() => new Promise((done) => {
            requestAnimationFrame(() => requestAnimationFrame(done));
        }));
    }

    async harm() {
        return [...this.problems, ...await this.tab.evaluate(() => window.harm || [])];
    }

    // The same request without a tab; gives status, type and text.
    async get(path) {
        const answer = await this.context.request.get(new URL(path, this.origin).href,
            { maxRedirects: 0 });
        return { status: answer.status(), headers: answer.headers(), text: await answer.text() };
    }

    async json(path) {
        const answer = await this.get(withFormat(path, 'json'));
        if (answer.status !== 200) {
            throw new Error(`${path} as JSON: ${answer.status} ${answer.text.slice(0, 300)}`);
        }
        return JSON.parse(answer.text);
    }

    async shot(name) {
        await this.tab.screenshot({ path: `${process.env.SHOTS}/${name}.png`, fullPage: true });
    }

    // The top of the page, or what begins at an element, as large as a page of documentation wants.
    async picture(name, selector, height) {
        const top = selector ? await this.tab.$eval(selector,
            (node) => node.getBoundingClientRect().top + scrollY - 12) : 0;
        await this.tab.screenshot({
            path: `${process.env.SHOTS}/${name}.png`,
            fullPage: true,
            clip: { x: 0, y: top, width: this.tab.viewportSize().width, height },
        });
    }

    // Serious findings of axe-core, as lines.
    async axe() {
        await this.tab.evaluate(axeSource);
        const found = await this.tab.evaluate(() => window.axe.run(document, {
            resultTypes: ['violations'],
            runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
        }));
        return found.violations
            .filter(({ impact }) => ['serious', 'critical'].includes(impact))
            .flatMap(({ id, impact, nodes }) => [`${impact} ${id}, ${nodes.length} times:`,
                ...nodes.slice(0, 3).map((node) => `  ${node.html.slice(0, 160)} `
                    + `${[...node.any, ...node.all, ...node.none][0]?.message || ''}`)]);
    }

    async close() {
        await this.context.close();
    }
}

function withFormat(path, format) {
    const url = new URL(path, 'http://host');
    url.searchParams.set('format', format);
    return url.pathname + url.search;
}

// RFC 4180. Gives rows of fields; throws where a quote is out of place.
function readCsv(text) {
    const rows = [];
    let row = [];
    let at = 0;
    while (at < text.length) {
        let field = '';
        if (text[at] === '"') {
            for (at++; ; at++) {
                if (at >= text.length) {
                    throw new Error('a quote is open at the end');
                }
                if (text[at] === '"' && text[at + 1] !== '"') {
                    break;
                }
                at += text[at] === '"' ? 1 : 0;
                field += text[at];
            }
            at++;
        } else {
            const end = at + text.slice(at).search(/,|\r?\n|$/);
            field = text.slice(at, end);
            if (field.includes('"')) {
                throw new Error(`a quote inside a field: ${field.slice(0, 60)}`);
            }
            at = end;
        }
        row.push(field);
        const isEnd = text[at] !== ',';
        if (isEnd && at < text.length && !text.startsWith('\r\n', at) && text[at] !== '\n') {
            throw new Error(`no comma after a field: ${text.slice(at, at + 40)}`);
        }
        at += text.startsWith('\r\n', at) ? 2 : 1;
        if (isEnd) {
            rows.push(row);
            row = [];
        }
    }
    return rows;
}

module.exports = {
    launch, Reader, part, result, equal, check, readCsv, withFormat,
    failed: () => failures > 0,
};

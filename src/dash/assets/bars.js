// SPDX-License-Identifier: Apache-2.0
// Bars in lanes over time: the waterfall of a build, and the icicle of a compile, whose lanes are
// depths.
window.scrubjay.bars = (() => {
    'use strict';
    const { element, words, clean, follow, colour, series, onTheme } = window.scrubjay;
    const { stage, onWidth, canvas, inkOn, font } = window.scrubjay.stage;
    const AXIS = 20;
    // What each class is drawn in: the number of a colour and, eight for each, of a hatch. Necessary
    // misses have their cause's; what cost little stays in the background: hits are grey.
    const classes = new Map([['commits', 0], ['necessary', 0], ['redundant', 9], ['bypass', 2],
        ['another compiler', 19], ['flags, environment, system files', 4], ['first builds', 29],
        ['generated and uncommitted files', 6], ['not known', 39], ['failed', 27], ['error', 28],
        ['hit', 7]]);
    const hints = {
        waterfall: 'arrow keys move, Enter opens, + and \u2212 or the wheel zoom, 0 shows all',
        icicle: 'arrow keys move, Enter or a click zooms in, 0 shows all',
    };

    function hash(text) {
        let sum = 0;
        for (const character of text) {
            sum = (sum * 31 + character.codePointAt(0)) >>> 0;
        }
        return sum;
    }

    // Not by colour alone.
    function hatch(pen, number, ground) {
        const kind = Math.floor(number / 8) % 5 - 1;
        if (kind < 0) {
            return ground;
        }
        const tile = document.createElement('canvas');
        tile.width = 8;
        tile.height = 8;
        const brush = tile.getContext('2d');
        brush.fillStyle = ground;
        brush.fillRect(0, 0, 8, 8);
        brush.strokeStyle = inkOn(ground);
        brush.globalAlpha = 0.38;
        brush.lineWidth = 1.2;
        brush.beginPath();
        const lines = [
            [[0, 8, 8, 0], [-2, 2, 2, -2], [6, 10, 10, 6]],
            [[0, 0, 8, 8], [6, -2, 10, 2], [-2, 6, 2, 10]],
            [[0, 4, 8, 4]],
            [[4, 0, 4, 8]],
        ][kind];
        for (const [x1, y1, x2, y2] of lines) {
            brush.moveTo(x1, y1);
            brush.lineTo(x2, y2);
        }
        brush.stroke();
        return pen.createPattern(tile, 'repeat');
    }

    class Bars {
        constructor(figure, table) {
            this.table = table;
            this.kind = table.chart.kind;
            this.isIcicle = this.kind === 'icicle';
            Object.assign(this, stage(figure, hints[this.kind]));
            this.figure = figure;
            this.read();
            this.reset();
            this.here = null;
            onWidth(this.box, (width) => {
                this.width = width;
                this.draw();
            });
            onTheme(() => this.draw());
            this.listen();
        }

        // Bars by lane, then start; lanes are numbered from 0 whatever they are called.
        read() {
            const [names, lanes, starts, lengths, classes] = this.table.values;
            const labels = [...new Set(lanes)].sort((a, b) =>
                (typeof a === 'number' && typeof b === 'number' ? a - b
                    : String(a).localeCompare(String(b))));
            const laneOf = new Map(labels.map((label, at) => [label, at]));
            this.bars = names.map((name, row) => ({
                row,
                name: clean(name),
                lane: laneOf.get(lanes[row]),
                start: starts[row] ?? 0,
                end: (starts[row] ?? 0) + (lengths[row] ?? 0),
                group: classes && !this.isIcicle ? clean(classes[row]) : '',
                word: this.table.words[row] || '',
            })).sort((a, b) => a.lane - b.lane || a.start - b.start);
            this.bars.forEach((bar, at) => {
                bar.at = at;
            });
            this.lanes = labels.length;
            // Starts are counted from that of the whole, in which nothing may have run at first.
            this.first = this.bars.reduce((least, bar) => Math.min(least, bar.start), 0);
            this.last = this.bars.reduce((most, bar) => Math.max(most, bar.end), -Infinity);
            this.laneHeight = Math.max(5, Math.min(20, Math.floor(520 / this.lanes)));
            const counts = new Map();
            for (const bar of this.bars) {
                counts.set(bar.group, (counts.get(bar.group) || 0) + 1);
            }
            this.groups = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a));
            this.counts = counts;
        }

        // What is shown and what was chosen stays, as far as it is still there.
        update(table) {
            const isAll = this.from <= this.first && this.to >= this.last;
            const { here, from, to } = this;
            this.table = table;
            this.read();
            this.reset();
            if (!isAll) {
                this.shift(from, Math.min(to - from, this.last - this.first));
            }
            this.here = here && this.bars.find((bar) => bar.name === here.name
                && bar.start === here.start);
            this.draw();
            if (here && !this.here) {
                this.say('');
            }
        }

        reset() {
            this.from = this.first;
            this.to = this.last > this.first ? this.last : this.first + 1;
        }

        x(time) {
            return (time - this.from) / (this.to - this.from) * this.width;
        }

        number(bar) {
            return this.isIcicle ? hash(bar.name.split(/[\s<(]/)[0]) : this.numberOf(bar.group);
        }

        // Others follow in the order in which they are frequent.
        numberOf(group) {
            const others = this.groups.filter((name) => !classes.has(name));
            const at = others.indexOf(group);
            return classes.get(group) ?? at % 8 + 8 * (at % 5);
        }

        fill(pen, number) {
            const ground = series(number);
            return this.isIcicle ? ground : hatch(pen, number, ground);
        }

        draw() {
            if (!this.width) {
                return;
            }
            const height = AXIS + this.lanes * this.laneHeight + 2;
            const pen = canvas(this.box, this.width, height);
            pen.font = font;
            pen.textBaseline = 'middle';
            this.drawAxis(pen, height);
            const looks = new Map();
            for (const bar of this.bars) {
                if (bar.end >= this.from && bar.start <= this.to) {
                    this.drawBar(pen, bar, looks);
                }
            }
            if (this.here) {
                const [x, y, width, tall] = this.place(this.here);
                pen.lineWidth = 2.5;
                pen.strokeStyle = colour('ink');
                pen.strokeRect(x - 1, y - 1, width + 2, tall + 2);
            }
            this.drawLegend();
        }

        drawAxis(pen, height) {
            const span = this.to - this.from;
            const wanted = span / Math.max(2, Math.floor(this.width / 110));
            const power = 10 ** Math.floor(Math.log10(wanted));
            const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= wanted);
            pen.strokeStyle = colour('line');
            pen.fillStyle = colour('faint');
            pen.lineWidth = 1;
            const base = this.first;
            for (let at = Math.ceil((this.from - base) / step) * step; at + base <= this.to;
                at += step) {
                const x = Math.round(this.x(at + base)) + 0.5;
                pen.beginPath();
                pen.moveTo(x, AXIS - 4);
                pen.lineTo(x, height);
                pen.stroke();
                const text = words('span', at);
                if (x + 4 + pen.measureText(text).width < this.width) {
                    pen.fillText(text, x + 3, 8);
                }
            }
        }

        place(bar) {
            const x = Math.max(-2, this.x(bar.start));
            const end = Math.min(this.width + 2, this.x(bar.end));
            const gap = this.laneHeight > 8 ? 2 : 1;
            return [x, AXIS + bar.lane * this.laneHeight, Math.max(1, end - x - 0.5),
                this.laneHeight - gap];
        }

        look(pen, bar, looks) {
            const number = this.number(bar);
            if (!looks.has(number)) {
                const ground = series(number);
                looks.set(number, { ground, fill: this.fill(pen, number), ink: inkOn(ground) });
            }
            return looks.get(number);
        }

        drawBar(pen, bar, looks) {
            const [x, y, width, height] = this.place(bar);
            const look = this.look(pen, bar, looks);
            pen.fillStyle = look.fill;
            pen.fillRect(x, y, width, height);
            if (bar.word) {
                pen.strokeStyle = colour('ink');
                pen.lineWidth = 1.5;
                pen.strokeRect(x + 0.75, y + 0.75, Math.max(0.5, width - 1.5), height - 1.5);
            }
            if (width > 34 && height >= 12) {
                this.drawName(pen, bar, Math.max(0, x), y, width + Math.min(0, x), look);
            }
        }

        // On hatching, the name stands on a plain ground.
        drawName(pen, bar, x, y, width, look) {
            const room = width - 8;
            const name = this.isIcicle ? bar.name : bar.name.split('/').pop();
            const fits = Math.floor(room / 6.2);
            if (fits < 3) {
                return;
            }
            const text = name.length > fits ? `${name.slice(0, fits - 1)}\u2026` : name;
            if (typeof look.fill !== 'string') {
                pen.fillStyle = look.ground;
                pen.fillRect(x + 2, y + 1, Math.min(room, pen.measureText(text).width) + 4,
                    this.laneHeight - 4);
            }
            pen.fillStyle = look.ink;
            pen.fillText(text, x + 4, y + this.laneHeight / 2 - 0.5, room);
        }

        drawLegend() {
            if (this.isIcicle || !this.groups.some((group) => group)) {
                return;
            }
            const list = this.legend || element('ul', { class: 'legend' });
            list.replaceChildren(...this.groups.slice(0, 12).map((group) => {
                const swatch = element('canvas', { width: 18, height: 12, 'aria-hidden': 'true' });
                const pen = swatch.getContext('2d');
                pen.fillStyle = this.fill(pen, this.numberOf(group));
                pen.fillRect(0, 0, 18, 12);
                return element('li', { class: 'swatch' }, swatch,
                    `${group || 'other'} (${words('count', this.counts.get(group))})`);
            }));
            if (!this.legend) {
                this.box.after(list);
                this.legend = list;
            }
        }

        find(event) {
            const area = this.box.getBoundingClientRect();
            const x = event.clientX - area.left;
            const lane = Math.floor((event.clientY - area.top - AXIS) / this.laneHeight);
            let best = null;
            for (const bar of this.bars) {
                const [left, , width] = bar.lane === lane ? this.place(bar) : [Infinity, 0, 0];
                if (x >= left - 1 && x <= left + width + 1) {
                    best = bar;
                }
            }
            return best;
        }

        show(bar) {
            if (bar === this.here) {
                return;
            }
            this.here = bar;
            this.draw();
            if (!bar) {
                this.say('');
                return;
            }
            const length = words('span', bar.end - bar.start);
            const from = words('span', bar.start - this.first);
            this.say([bar.name, length, `from ${from}`, bar.group, clean(bar.word)]
                .filter((text) => text).join(' \u00b7 '));
        }

        open(bar) {
            if (this.isIcicle) {
                this.from = bar.start;
                this.to = Math.max(bar.end, bar.start + 1);
                this.draw();
            } else {
                follow(this.table.link(bar.row));
            }
        }

        zoom(factor, middle) {
            const span = Math.min((this.to - this.from) * factor, this.last - this.first);
            const part = (middle - this.from) / (this.to - this.from);
            this.shift(middle - part * span, span);
        }

        shift(from, span) {
            this.from = Math.max(this.first, Math.min(from, this.last - span));
            this.to = this.from + span;
            this.draw();
        }

        middle() {
            return this.here ? (this.here.start + this.here.end) / 2 : (this.from + this.to) / 2;
        }

        // What is chosen by keys has to be seen.
        step(bar) {
            if (!bar) {
                return;
            }
            this.show(bar);
            const span = this.to - this.from;
            if (bar.end < this.from || bar.start > this.to) {
                this.shift((bar.start + bar.end - span) / 2, span);
            }
        }

        neighbour(lanes) {
            const lane = this.here.lane + lanes;
            const middle = this.middle();
            let best = null;
            for (const bar of this.bars) {
                const away = Math.max(bar.start - middle, middle - bar.end, 0);
                if (bar.lane === lane && (!best || away < best.away)) {
                    best = { bar, away };
                }
            }
            return best?.bar;
        }

        key(event) {
            const far = event.shiftKey ? 10 : 1;
            const along = (way) => {
                const at = this.here ? this.here.at + way * far : 0;
                this.step(this.bars[Math.max(0, Math.min(this.bars.length - 1, at))]);
            };
            const acts = {
                ArrowRight: () => along(1),
                ArrowLeft: () => along(-1),
                ArrowDown: () => this.step(this.here ? this.neighbour(1) : this.bars[0]),
                ArrowUp: () => this.step(this.here ? this.neighbour(-1) : this.bars[0]),
                Home: () => this.step(this.bars[0]),
                End: () => this.step(this.bars[this.bars.length - 1]),
                Enter: () => this.here && this.open(this.here),
                '+': () => this.zoom(0.5, this.middle()),
                '-': () => this.zoom(2, this.middle()),
                0: () => this.shift(this.first, this.last - this.first),
                Escape: () => this.show(null),
            };
            if (acts[event.key] && !event.ctrlKey && !event.altKey && !event.metaKey) {
                acts[event.key]();
                event.preventDefault();
                event.stopPropagation();
            }
        }

        listen() {
            let grip = null;
            this.box.addEventListener('keydown', (event) => this.key(event));
            this.box.addEventListener('pointermove', (event) => {
                if (grip && event.buttons) {
                    const span = this.to - this.from;
                    grip.hasMoved ||= Math.abs(event.clientX - grip.x) > 4;
                    this.shift(grip.from - (event.clientX - grip.x) / this.width * span, span);
                } else {
                    this.show(this.find(event));
                }
            });
            this.box.addEventListener('pointerdown', (event) => {
                grip = { x: event.clientX, from: this.from, hasMoved: false };
            });
            this.box.addEventListener('click', (event) => {
                const bar = this.find(event);
                if (bar && !grip?.hasMoved) {
                    this.open(bar);
                }
                grip = null;
            });
            this.box.addEventListener('pointerleave', () => {
                grip = null;
                if (document.activeElement !== this.box) {
                    this.show(null);
                }
            });
            // The page scrolls unless the chart was chosen.
            this.box.addEventListener('wheel', (event) => {
                if (event.ctrlKey || document.activeElement === this.box) {
                    const area = this.box.getBoundingClientRect();
                    const part = (event.clientX - area.left) / this.width;
                    this.zoom(event.deltaY > 0 ? 1.25 : 0.8,
                        this.from + part * (this.to - this.from));
                    event.preventDefault();
                }
            }, { passive: false });
        }
    }

    return (figure, table) => {
        return table.rows > 0 && table.columns.length >= 4 ? new Bars(figure, table) : null;
    };
})();

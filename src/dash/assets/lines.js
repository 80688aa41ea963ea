// SPDX-License-Identifier: Apache-2.0
// Lines, areas and bars over an x, drawn by uPlot.
window.scrubjay.lines = (() => {
    'use strict';
    const { element, words, clean, follow, colour, series, onTheme } = window.scrubjay;
    const { stage, onWidth, font } = window.scrubjay.stage;
    const hint = 'arrow keys move, Enter opens, drag or + zooms';

    const decades = [...Array(19).keys()].flatMap((power) => [1, 2, 5].map((n) => n * 10 ** power));
    const steps = {
        span: [
            ...decades.filter((step) => step <= 1e9),
            ...[2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200]
                .map((seconds) => seconds * 1e9),
            ...decades.filter((step) => step < 1e9).map((days) => days * 86400e9),
        ],
        size: [...Array(50).keys()].map((power) => 2 ** power),
        count: decades,
    };

    // Times as everywhere else on the page: the day before the month, 24 hours. Columns as uPlot has
    // them: distance of ticks, text, what is added with a new year, month, day, hour, minute, second.
    const year = '\n{YYYY}';
    const date = '\n{D} {MMM} {YYYY}';
    const day = '\n{D} {MMM}';
    const times = [
        [365 * 86400, '{YYYY}', null, null, null, null, null, null, 1],
        [28 * 86400, '{MMM}', year, null, null, null, null, null, 1],
        [86400, '{D} {MMM}', year, null, null, null, null, null, 1],
        [60, '{HH}:{mm}', date, null, day, null, null, null, 1],
        [1, '{HH}:{mm}:{ss}', date, null, day, null, null, null, 1],
        [0.001, '{ss}.{fff} s', `${date} {HH}:{mm}`, null, `${day} {HH}:{mm}`, null,
            '\n{HH}:{mm}', null, 1],
    ];

    function dayOf(ns) {
        const [ofYear, ofMonth, ofDay] = uPlot.fmtDate('{YYYY} {MMM} {D}')(new Date(ns / 1e6))
            .split(' ');
        return [`${ofDay} ${ofMonth}`, ofYear];
    }

    // Where it costs little, a scale begins at nothing. As in doc_svg.c.
    function rounded(low, high) {
        if (low === null || low > high) {
            return [0, 1];
        }
        if (low >= 0 && low <= 0.7 * high) {
            return [0, (high || 1) * 1.04];
        }
        const room = (high - low) * 0.15 || Math.abs(high) * 0.1 || 1;
        return [low - room, high + room];
    }

    class Chart {
        constructor(figure, table) {
            this.figure = figure;
            Object.assign(this, stage(figure, hint));
            this.read(table);
            onWidth(this.box, (width) => this.resize(width));
            onTheme(() => this.rebuild());
            this.listen();
        }

        read(table) {
            this.table = table;
            this.isBars = table.chart.kind === 'bars';
            this.isStack = this.isBars || table.chart.kind === 'stack';
            this.isEven = table.chart.is_even;
            this.isTime = !this.isEven && ['time', 'day'].includes(table.columns[0].type);
            this.columns = this.choose();
            this.order = [...Array(table.rows).keys()]
                .filter((row) => table.values[0][row] !== null)
                .sort((a, b) => table.values[0][a] - table.values[0][b]);
            this.marks = [...table.chart.marks].sort((a, b) => a.x - b.x);
            this.types = [...new Set(this.columns.map((i) => table.columns[i].type))];
            this.outputs = this.makeLegend(this.figure);
            this.data = this.makeData();
        }

        // A part that was zoomed to stays, and so does the point that was chosen.
        update(table) {
            const { min, max } = this.plot?.scales.x || {};
            const [before] = this.data;
            const isPart = min > before[0] || max < before[before.length - 1];
            const chosen = this.plot?.cursor.idx;
            const at = before[chosen];
            const room = this.room();
            this.read(table);
            this.rebuild();
            if (isPart) {
                this.plot.setScale('x', { min: min + room, max: max - room });
            }
            if (at !== undefined) {
                const next = this.data[0].findIndex((x) => x >= at);
                this.moveTo(next < 0 ? this.order.length - 1 : next);
            }
        }

        // Numbers; of those that are nothing throughout, none, unless all are.
        choose() {
            const numbers = this.table.columns.map((column, i) => i)
                .filter((i) => i > 0 && !['text', 'spark'].includes(this.table.columns[i].type));
            const some = numbers.filter((i) => this.table.values[i].some((value) => value));
            return some.length ? some : numbers;
        }

        colourAt(at) {
            return this.table.columns[this.columns[at]].colour || at % 8 + 1;
        }

        // That of the server is of what it drew.
        makeLegend(figure) {
            const outputs = this.columns.map(() => element('output'));
            figure.querySelector('.legend')?.remove();
            this.box.after(element('ul', { class: 'legend' }, ...outputs.map((output, at) =>
                element('li', { class: `s${this.colourAt(at)}` },
                    clean(this.table.columns[this.columns[at]].label), output))));
            return outputs;
        }

        // Of a stack each line is the sum of those below it; the highest is painted first.
        makeData() {
            const x = this.isEven ? [...this.order.keys()]
                : this.order.map((row) => this.scaled(this.table.values[0][row]));
            const lines = this.columns.map((i) => this.order.map((row) =>
                this.table.values[i][row]));
            if (!this.isStack) {
                return [x, ...lines];
            }
            const sums = this.order.map(() => 0);
            const layers = lines.map((line) => line.map((value, at) => {
                sums[at] += value || 0;
                return sums[at];
            }));
            return [x, ...layers.reverse()];
        }

        scaled(x) {
            return this.isTime ? x / 1e9 : x;
        }

        // Of rows at even distances, that of the first one that is not before it.
        placed(x) {
            if (!this.isEven) {
                return this.scaled(x);
            }
            const at = this.order.findIndex((row) => this.table.values[0][row] >= x);
            return at < 0 ? this.order.length - 1 : at;
        }

        // Rows stand in the middle of their share: half of one is beyond the first and the last.
        room() {
            const x = this.data[0];
            const steps = x.slice(1).map((value, at) => value - x[at]).filter((step) => step > 0);
            return this.isBars || this.isEven ? Math.min(...steps) / 2 : 0;
        }

        makeSeries() {
            const few = this.order.length <= 120;
            const made = this.columns.map((i, at) => ({
                scale: this.table.columns[i].type,
                stroke: series(this.colourAt(at) - 1),
                fill: this.isStack ? series(this.colourAt(at) - 1) : undefined,
                width: this.isStack ? 0 : 1.75,
                paths: this.isBars ? uPlot.paths.bars({ size: [0.8, 40] }) : undefined,
                spanGaps: false,
                points: { show: few && !this.isStack, size: 5, fill: series(this.colourAt(at) - 1) },
            }));
            return [{}, ...(this.isStack ? made.reverse() : made)];
        }

        makeAxes() {
            const line = { stroke: colour('line'), width: 1 };
            const shared = { stroke: colour('faint'), font, ticks: { ...line, size: 4 } };
            const y = this.types.slice(0, 2).map((type, at) => ({
                ...shared,
                scale: type,
                side: at ? 1 : 3,
                grid: at ? { show: false } : line,
                ticks: { show: false },
                size: (chart, texts) => 14 + 6.4 * Math.max(3,
                    ...(texts || []).map((text) => text.length)),
                values: (chart, splits) => splits.map((value) => words(type, value)),
                ...(steps[type] && { incrs: steps[type] }),
            }));
            const x = {
                ...shared,
                grid: { show: false },
                space: this.isEven ? 76 : 64,
                size: this.isTime ? 46 : 30,
                values: this.isTime ? times : (chart, splits) => this.sayPlaces(splits),
                ...(this.isEven && { incrs: decades.filter(Number.isInteger) }),
                ...(!this.isEven && steps[this.table.columns[0].type]
                    && { incrs: steps[this.table.columns[0].type] }),
            };
            return [x, ...y];
        }

        // Of a time the day, once; the year where it is another one than before.
        sayPlaces(splits) {
            const [{ type }] = this.table.columns;
            let before = ['', ''];
            return splits.map((split) => {
                const x = this.isEven ? this.table.values[0][this.order[split]] : split;
                if (x === undefined || type !== 'time') {
                    return x === undefined ? '' : words(type, x);
                }
                const [text, ofYear] = dayOf(x);
                const said = text === before[0] ? '' : ofYear === before[1] ? text
                    : `${text} ${ofYear}`;
                before = [text, ofYear];
                return said;
            });
        }

        build(width) {
            const room = this.room();
            const scales = {
                x: {
                    time: this.isTime,
                    ...(room && { range: (chart, low, high) => [low - room, high + room] }),
                },
            };
            for (const type of this.types) {
                scales[type] = {
                    range: (chart, low, high) => rounded(this.isStack ? 0 : low, high),
                };
            }
            this.plot = new uPlot({
                width,
                height: width < 500 ? 210 : 260,
                padding: [18, 12, 0, 4],
                scales,
                series: this.makeSeries(),
                axes: this.makeAxes(),
                legend: { show: false },
                cursor: { y: false, points: { size: 8 }, drag: { x: true, y: false } },
                hooks: {
                    draw: [() => this.drawMarks()],
                    setCursor: [() => this.moved()],
                },
            }, this.data, this.box);
            this.plot.over.addEventListener('click', () => this.clicked());
        }

        resize(width) {
            if (this.plot) {
                this.plot.setSize({ width, height: this.plot.height });
            } else {
                this.build(width);
            }
        }

        rebuild() {
            if (this.plot) {
                this.plot.destroy();
                this.build(this.box.clientWidth);
            }
        }

        // Vertical lines with what happened, as far as there is room; all of it stands below.
        drawMarks() {
            const { ctx: pen, bbox } = this.plot;
            const ratio = window.devicePixelRatio || 1;
            let free = bbox.left;
            pen.save();
            pen.font = font.replace('11px', `${11 * ratio}px`);
            pen.textBaseline = 'bottom';
            pen.textAlign = 'left';
            for (const mark of this.marks) {
                const x = Math.round(this.plot.valToPos(this.placed(mark.x), 'x', true));
                if (!(x >= bbox.left && x <= bbox.left + bbox.width)) {
                    continue;
                }
                pen.strokeStyle = colour(mark.is_step ? 'worse' : 'faint');
                pen.fillStyle = colour(mark.is_step ? 'worse' : 'faint');
                pen.lineWidth = (mark.is_step ? 1.5 : 1) * ratio;
                pen.setLineDash(mark.is_step ? [] : [4 * ratio, 4 * ratio]);
                pen.beginPath();
                pen.moveTo(x, bbox.top);
                pen.lineTo(x, bbox.top + bbox.height);
                pen.stroke();
                free = this.drawLabel(pen, mark, x, free, ratio);
            }
            pen.restore();
        }

        drawLabel(pen, mark, x, free, ratio) {
            const { bbox } = this.plot;
            let text = clean(mark.text);
            text = text.length > 26 ? `${text.slice(0, 25)}\u2026` : text;
            const width = pen.measureText(text).width;
            const end = bbox.left + bbox.width;
            const left = x + width > end ? end - width : x;
            if (left < free) {
                return free;
            }
            pen.fillText(text, left, bbox.top - 3 * ratio);
            return left + width + 10 * ratio;
        }

        row() {
            const at = this.plot?.cursor.idx;
            return at === null || at === undefined ? null : this.order[at];
        }

        moved() {
            const row = this.row();
            this.columns.forEach((i, at) => {
                this.outputs[at].textContent = row === null ? '' : this.table.say(i, row);
            });
            if (row === null) {
                this.say('');
                return;
            }
            const texts = this.table.columns.flatMap((column, i) =>
                (i > 0 && column.type === 'text' && this.table.values[i][row]
                    ? [this.table.say(i, row)] : []));
            this.say([this.table.say(0, row), ...texts].join(' \u00b7 '));
        }

        // The end of a drag is a click, too.
        clicked() {
            const row = this.row();
            if (row !== null && Date.now() - this.pressed < 400 && !this.hasDragged) {
                follow(this.table.link(row));
            }
        }

        listen() {
            this.box.addEventListener('mousedown', (event) => {
                this.pressed = Date.now();
                this.start = event.clientX;
                this.hasDragged = false;
            }, true);
            this.box.addEventListener('mousemove', (event) => {
                this.hasDragged ||= event.buttons && Math.abs(event.clientX - this.start) > 4;
            }, true);
            this.box.addEventListener('keydown', (event) => this.key(event));
        }

        moveTo(at) {
            const last = this.order.length - 1;
            const index = Math.max(0, Math.min(last, at));
            const x = this.data[0][index];
            const { min, max } = this.plot.scales.x;
            if (x < min || x > max) {
                const half = (max - min) / 2;
                this.plot.setScale('x', { min: x - half, max: x + half });
            }
            this.plot.setCursor({ left: this.plot.valToPos(x, 'x'), top: 20 });
            // Points may lie closer than pixels: which one it is, is known here alone.
            if (this.plot.cursor.idx !== index) {
                this.plot.cursor.idx = index;
                this.moved();
            }
        }

        zoom(factor) {
            const { min, max } = this.plot.scales.x;
            const middle = this.row() === null ? (min + max) / 2
                : this.data[0][this.plot.cursor.idx];
            const from = this.data[0][0];
            const to = this.data[0][this.data[0].length - 1];
            this.plot.setScale('x', {
                min: Math.max(from, middle - (middle - min) * factor),
                max: Math.min(to, middle + (max - middle) * factor),
            });
        }

        key(event) {
            const far = event.shiftKey ? 10 : 1;
            const now = this.plot.cursor.idx ?? (event.key === 'ArrowLeft'
                ? this.order.length : -1);
            const acts = {
                ArrowRight: () => this.moveTo(now + far),
                ArrowLeft: () => this.moveTo(now - far),
                Home: () => this.moveTo(0),
                End: () => this.moveTo(this.order.length - 1),
                Enter: () => this.row() !== null && follow(this.table.link(this.row())),
                '+': () => this.zoom(0.5),
                '-': () => this.zoom(2),
                0: () => this.plot.setScale('x', {
                    min: this.data[0][0], max: this.data[0][this.order.length - 1],
                }),
                Escape: () => this.plot.setCursor({ left: -10, top: -10 }),
            };
            if (acts[event.key] && !event.ctrlKey && !event.altKey && !event.metaKey) {
                acts[event.key]();
                event.preventDefault();
                event.stopPropagation();
            }
        }
    }

    return (figure, table) => {
        // Without uPlot the drawing of the server stays.
        const canDraw = typeof uPlot === 'function' && table.rows > 1;
        return canDraw ? new Chart(figure, table) : null;
    };
})();

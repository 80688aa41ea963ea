// SPDX-License-Identifier: Apache-2.0
// Areas within areas. Source: Bruls, Huizing, van Wijk, "Squarified Treemaps", 2000.
window.scrubjay.treemap = (() => {
    'use strict';
    const { shape, words, clean, follow, colour, onTheme } = window.scrubjay;
    const { stage, onWidth, mix, inkOn } = window.scrubjay.stage;
    const LEAVES_MAX = 1000;
    const HEAD = 15;
    const hint = 'arrow keys move, Enter opens';

    // The largest leaves; the rest of each folder is one.
    function readLeaves(table) {
        const find = (test) => table.columns.findIndex(({ type }) => test(type));
        const value = find((type) => !['text', 'change', 'spark', 'time'].includes(type));
        const change = find((type) => type === 'change');
        const all = table.values[0].map((name, row) => ({
            row,
            path: clean(name).split('/').filter((part) => part),
            value: value < 0 ? 0 : table.values[value][row] || 0,
            change: change < 0 ? null : table.values[change][row],
            said: [0, value, change].filter((i) => i >= 0).map((i) => table.say(i, row)),
            number: value < 0 ? '' : table.say(value, row),
        })).filter((leaf) => leaf.value > 0).sort((a, b) => b.value - a.value);
        const rest = all.slice(LEAVES_MAX);
        const leaves = all.slice(0, LEAVES_MAX);
        if (rest.length) {
            const sum = rest.reduce((total, leaf) => total + leaf.value, 0);
            leaves.push({
                row: null, path: [`${rest.length} smaller`], value: sum, change: null,
                said: [`${rest.length} smaller`], number: words(table.columns[value].type, sum),
            });
        }
        return leaves;
    }

    function addLeaf(root, leaf) {
        let at = root;
        at.value += leaf.value;
        for (const part of leaf.path.slice(0, -1)) {
            if (!at.folders.has(part)) {
                at.folders.set(part, { name: part, value: 0, folders: new Map(), leaves: [] });
            }
            at = at.folders.get(part);
            at.value += leaf.value;
        }
        at.leaves.push(leaf);
    }

    // A folder that holds but one folder is drawn as one with it.
    function joined(folder) {
        let at = folder;
        let name = folder.name;
        while (at.leaves.length === 0 && at.folders.size === 1) {
            [at] = at.folders.values();
            name = name ? `${name}/${at.name}` : at.name;
        }
        return { ...at, name };
    }

    function worst(row, side, scale) {
        const sum = row.reduce((total, item) => total + item.value, 0) * scale;
        const most = row[0].value * scale;
        const least = row[row.length - 1].value * scale;
        return Math.max(side * side * most / (sum * sum), sum * sum / (side * side * least));
    }

    // Give each item, largest first, its place in an area.
    function squarify(items, area, put) {
        let { x, y, width, height } = area;
        let total = items.reduce((sum, item) => sum + item.value, 0);
        for (let from = 0; from < items.length;) {
            const side = Math.min(width, height);
            const scale = total > 0 ? width * height / total : 0;
            let row = [items[from]];
            while (from + row.length < items.length) {
                const longer = [...row, items[from + row.length]];
                if (worst(longer, side, scale) > worst(row, side, scale)) {
                    break;
                }
                row = longer;
            }
            const sum = row.reduce((all, item) => all + item.value, 0);
            const deep = side > 0 ? sum * scale / side : 0;
            let along = 0;
            for (const item of row) {
                const long = sum > 0 ? side * item.value / sum : 0;
                put(item, width >= height
                    ? { x, y: y + along, width: deep, height: long }
                    : { x: x + along, y, width: long, height: deep });
                along += long;
            }
            if (width >= height) {
                x += deep;
                width -= deep;
            } else {
                y += deep;
                height -= deep;
            }
            total -= sum;
            from += row.length;
        }
    }

    function cut(text, width) {
        const fits = Math.floor((width - 8) / 6.1);
        return text.length <= fits ? text : fits < 4 ? '' : `${text.slice(0, fits - 1)}\u2026`;
    }

    class Treemap {
        constructor(figure, table) {
            this.read(table);
            this.here = null;
            Object.assign(this, stage(figure, hint));
            onWidth(this.box, (width) => {
                this.width = width;
                this.draw();
            });
            onTheme(() => this.draw());
            this.listen();
        }

        read(table) {
            this.table = table;
            this.leaves = readLeaves(table);
            this.root = { name: '', value: 0, folders: new Map(), leaves: [] };
            this.leaves.forEach((leaf) => addLeaf(this.root, leaf));
        }

        update(table) {
            const here = this.here?.path.join('/');
            this.read(table);
            this.here = this.leaves.find((leaf) => leaf.path.join('/') === here) || null;
            this.draw();
        }

        draw() {
            if (!this.width) {
                return;
            }
            const height = Math.round(Math.max(260, Math.min(520, this.width * 0.5)));
            this.svg = shape('svg', {
                class: 'treemap', width: this.width, height, 'aria-hidden': 'true',
            });
            this.drawFolder(joined(this.root), { x: 0, y: 0, width: this.width, height }, 0);
            this.frame = shape('rect', { class: 'here', visibility: 'hidden' });
            this.svg.append(this.frame);
            this.box.replaceChildren(this.svg);
            this.show(this.here);
        }

        drawFolder(folder, area, depth) {
            const items = [...[...folder.folders.values()].map(joined), ...folder.leaves]
                .sort((a, b) => b.value - a.value);
            squarify(items, area, (item, place) => {
                if (item.folders) {
                    this.drawGroup(item, place, depth);
                } else {
                    this.drawLeaf(item, place);
                }
            });
        }

        drawGroup(folder, place, depth) {
            const { x, y, width, height } = place;
            const hasHead = height > HEAD * 2.2 && width > 40 && depth < 4;
            this.svg.append(shape('rect', { class: 'group', ...place }));
            if (hasHead) {
                this.svg.append(shape('text', { class: 'group-name', x: x + 4, y: y + 11 },
                    cut(`${folder.name}/`, width)));
            }
            const edge = width > 12 && height > 12 ? 1 : 0;
            const head = hasHead ? HEAD : edge;
            this.drawFolder(folder, {
                x: x + edge,
                y: y + head,
                width: Math.max(0, width - 2 * edge),
                height: Math.max(0, height - head - edge),
            }, depth + 1);
        }

        // Blue where nothing is known; from green over grey to orange by what it grew.
        ground(leaf) {
            if (leaf.change === null) {
                return mix(colour('sheet'), colour('s1'), 0.35);
            }
            const part = Math.min(1, Math.abs(leaf.change) / 0.5);
            return mix(colour('soft'), colour(leaf.change > 0 ? 's2' : 's3'),
                part < 0.1 ? 0 : 0.25 + 0.75 * part);
        }

        drawLeaf(leaf, place) {
            leaf.place = place;
            const fill = this.ground(leaf);
            this.svg.append(shape('rect', { ...place, fill }));
            const lines = [leaf.path[leaf.path.length - 1] || '', leaf.number,
                leaf.change === null ? '' : words('change', leaf.change)]
                .map((text) => cut(text, place.width)).filter((text) => text);
            lines.slice(0, Math.floor((place.height - 4) / 13)).forEach((text, at) => {
                this.svg.append(shape('text', {
                    x: place.x + 4, y: place.y + 13 + at * 13, fill: inkOn(fill),
                }, text));
            });
        }

        show(leaf) {
            this.here = leaf;
            if (!leaf?.place) {
                this.frame.setAttribute('visibility', 'hidden');
                this.say('');
                return;
            }
            for (const [name, value] of Object.entries(leaf.place)) {
                this.frame.setAttribute(name, value);
            }
            this.frame.setAttribute('visibility', 'visible');
            this.say(leaf.said.join(' \u00b7 '));
        }

        find(event) {
            const area = this.box.getBoundingClientRect();
            const x = event.clientX - area.left;
            const y = event.clientY - area.top;
            return this.leaves.find(({ place }) => place && x >= place.x && y >= place.y
                && x < place.x + place.width && y < place.y + place.height) || null;
        }

        // The nearest one whose middle lies that way.
        neighbour(dx, dy) {
            const middle = ({ place }) => [place.x + place.width / 2, place.y + place.height / 2];
            const [x, y] = middle(this.here);
            let best = null;
            for (const leaf of this.leaves.filter((other) => other.place && other !== this.here)) {
                const [otherX, otherY] = middle(leaf);
                const ahead = (otherX - x) * dx + (otherY - y) * dy;
                const aside = Math.abs((otherX - x) * dy) + Math.abs((otherY - y) * dx);
                const away = ahead + 2 * aside;
                if (ahead > 0.5 && (!best || away < best.away)) {
                    best = { leaf, away };
                }
            }
            return best?.leaf || this.here;
        }

        key(event) {
            const ways = {
                ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1],
            };
            if (event.ctrlKey || event.altKey || event.metaKey) {
                return;
            }
            if (ways[event.key]) {
                this.show(this.here ? this.neighbour(...ways[event.key]) : this.leaves[0]);
            } else if (event.key === 'Enter' && this.here) {
                follow(this.table.link(this.here.row));
            } else if (event.key === 'Escape') {
                this.show(null);
            } else {
                return;
            }
            event.preventDefault();
            event.stopPropagation();
        }

        listen() {
            this.box.addEventListener('keydown', (event) => this.key(event));
            this.box.addEventListener('pointermove', (event) => this.show(this.find(event)));
            this.box.addEventListener('pointerleave', () => {
                if (document.activeElement !== this.box) {
                    this.show(null);
                }
            });
            this.box.addEventListener('click', (event) => {
                const leaf = this.find(event);
                if (leaf) {
                    follow(this.table.link(leaf.row));
                }
            });
        }
    }

    return (figure, table) => {
        return table.rows > 0 ? new Treemap(figure, table) : null;
    };
})();

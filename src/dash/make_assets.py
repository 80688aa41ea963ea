#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the dashboard's files as a C source: compressed, with a key of their content in the name.

usage: make_assets.py OUTPUT NAME… FILE…

The first file gets the first name, and so on; the last name is that of all the files that are left,
joined. The same input gives the same output, byte for byte.
"""

import gzip
import hashlib
import sys

TYPES = {
    'css': 'text/css; charset=utf-8',
    'js': 'text/javascript; charset=utf-8',
    'svg': 'image/svg+xml',
    'txt': 'text/plain; charset=utf-8',
}

HEAD = '''// SPDX-License-Identifier: Apache-2.0
// Made by make_assets.py.
#include "dash/asset.h"

#include <string.h>

'''

TAIL = '''
const struct sj_asset *sj_assets(size_t *count)
{
    *count = sizeof assets / sizeof assets[0];
    return assets;
}

const struct sj_asset *sj_asset_find(const char *name)
{
    for (size_t i = 0; i < sizeof assets / sizeof assets[0]; i++) {
        if (strcmp(assets[i].name, name) == 0) {
            return &assets[i];
        }
    }
    return NULL;
}

const char *sj_asset_link(const char *base)
{
    for (size_t i = 0; i < sizeof assets / sizeof assets[0]; i++) {
        if (strcmp(assets[i].base, base) == 0) {
            return links[i];
        }
    }
    return "";
}
'''


def read(paths):
    parts = []
    for path in paths:
        with open(path, 'rb') as file:
            parts.append(file.read().rstrip(b'\n') + b'\n')
    return b''.join(parts)


def main():
    output, *arguments = sys.argv[1:]
    names = [word for word in arguments if '/' not in word]
    paths = arguments[len(names):]
    arrays = []
    rows = []
    links = []
    for number, base in enumerate(names):
        is_last = number == len(names) - 1
        raw = read(paths[number:] if is_last else paths[number:number + 1])
        packed = gzip.compress(raw, 9, mtime=0)
        key = hashlib.sha256(raw).hexdigest()[:8]
        stem, ending = base.rsplit('.', 1)
        name = f'{stem}.{key}.{ending}'
        values = [str(byte) for byte in packed]
        lines = [', '.join(values[at:at + 24]) for at in range(0, len(values), 24)]
        arrays.append(f'static const unsigned char bytes_{number}[] = {{\n'
                      + ',\n'.join(lines) + '};\n')
        rows.append(f'    {{"{name}", "{base}", "{TYPES[ending]}", "\\"{key}\\"", '
                    f'bytes_{number}, {len(packed)}, {len(raw)}}},\n')
        links.append(f'    "/dash/asset/{name}",\n')
    with open(output, 'w', encoding='utf-8') as file:
        file.write(HEAD)
        file.write(''.join(arrays))
        file.write('\nstatic const struct sj_asset assets[] = {\n' + ''.join(rows) + '};\n')
        file.write('\nstatic const char *const links[] = {\n' + ''.join(links) + '};\n')
        file.write(TAIL)


main()

// SPDX-License-Identifier: Apache-2.0
#include "analyze/recipe.h"

#include <fnmatch.h>
#include <stddef.h>
#include <string.h>

// Patterns with a slash match the whole path, the others its last component.
static const char *const recipes[] = {
    "*.am",
    "*.bzl",
    "*.cmake",
    "*.cmake.in",
    "*.gn",
    "*.gni",
    "*.gyp",
    "*.gypi",
    "*.m4",
    "*.mak",
    "*.mk",
    "*.ninja",
    "*.pri",
    "*.pro",
    ".bazelrc",
    ".bazelversion",
    ".gitlab-ci.yml",
    "BUILD",
    "BUILD.bazel",
    "CMakeLists.txt",
    "CMakePresets.json",
    "Cargo.lock",
    "Cargo.toml",
    "Containerfile*",
    "Dockerfile*",
    "GNUmakefile",
    "Jenkinsfile",
    "Kconfig*",
    "MODULE.bazel",
    "Makefile",
    "Makefile.*",
    "SConscript",
    "SConstruct",
    "WORKSPACE",
    "WORKSPACE.bazel",
    "build.rs",
    "conanfile.*",
    "configure",
    "configure.ac",
    "configure.in",
    "flake.lock",
    "flake.nix",
    "go.mod",
    "go.sum",
    "makefile",
    "meson.build",
    "meson.options",
    "meson_options.txt",
    "rust-toolchain",
    "rust-toolchain.toml",
    "toolchain*.txt",
    "vcpkg.json",
    "wscript",
    "xmake.lua",
    ".buildkite/*",
    ".cargo/config*",
    "*/.cargo/config*",
    ".circleci/*",
    ".github/actions/*",
    ".github/workflows/*",
};

static const char *const sources[] = {
    ".C",  ".M",   ".S",  ".asm", ".c", ".c++", ".cc", ".cp", ".cpp", ".cppm",
    ".cu", ".cxx", ".go", ".ixx", ".m", ".mm",  ".rs", ".s",  ".sx",
};

static const char *last_component(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool sj_recipe_is(const char *path)
{
    const char *name = last_component(path);
    for (size_t i = 0; i < sizeof recipes / sizeof recipes[0]; i++) {
        const char *subject = strchr(recipes[i], '/') ? path : name;
        if (fnmatch(recipes[i], subject, 0) == 0) {
            return true;
        }
    }
    return false;
}

bool sj_source_is(const char *path)
{
    const char *name = last_component(path);
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && dot != name && i < sizeof sources / sizeof sources[0]; i++) {
        if (strcmp(dot, sources[i]) == 0) {
            return true;
        }
    }
    return false;
}

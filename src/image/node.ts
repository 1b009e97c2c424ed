/** Node's own modules, asked for when a file is first opened, so that browser bundles hold no `node:` import. */

/** `name` of Node's modules. Throws a plain Error outside Node. */
export function nodeModule<Name extends keyof NodeModules>(name: Name): NodeModules[Name] {
  const found = globalThis.process?.getBuiltinModule?.(`node:${name}`);
  if (found === undefined)
    throw new Error("images are read from files in Node only: pass their bytes instead");
  return found as unknown as NodeModules[Name];
}

interface NodeModules {
  "fs/promises": typeof import("node:fs/promises");
  path: typeof import("node:path");
  stream: typeof import("node:stream");
  zlib: typeof import("node:zlib");
}

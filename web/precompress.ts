import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

const COMPRESSIBLE = /\.(?:css|js|json|svg|ttf)$/;
const SMALLEST_BYTES = 1024;
// 11, the highest, takes ten times as long for a twentieth of the size.
const BROTLI_QUALITY = 9;
const GZIP_LEVEL = 9;

/**
 * Writes `name.br` and `name.gz` beside each file of the build that gains by it, so that the server never compresses.
 *
 * It reads what was written: until then Vite still puts the names of chunks into the code.
 */
export function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    async writeBundle({ dir }, bundle) {
      if (dir === undefined) throw new Error("the build has no folder to write to");
      const names = Object.keys(bundle).filter((name) => COMPRESSIBLE.test(name));
      await Promise.all(names.map((name) => precompressFile(join(dir, name))));
    },
  };
}

async function precompressFile(path: string): Promise<void> {
  const source = await readFile(path);
  if (source.length < SMALLEST_BYTES) return;
  const [br, gz] = await Promise.all([
    promisify(brotliCompress)(source, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
    promisify(gzip)(source, { level: GZIP_LEVEL }),
  ]);
  await Promise.all([writeFile(`${path}.br`, br), writeFile(`${path}.gz`, gz)]);
}

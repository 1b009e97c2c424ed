// Goal: directories become their files, in the order of the bytes of their paths, without loops.
// Method: one tree with everything in it.
import { mkdirSync, symlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, expect, test } from "vitest";
import { listImages } from "../../src/image/index.ts";
import { imageFolder, pagesOf } from "../support/images.ts";

const folder = imageFolder();
afterAll(folder.remove);

test("a tree with links, empty files and a loop", async () => {
  const root = join(folder.path, "tree");
  mkdirSync(join(root, "b/c"), { recursive: true });
  for (const name of ["Z", "a", "b/c/2", "b/1", "é"]) folder.put(`tree/${name}`, pagesOf(1));
  folder.put("tree/nothing", new Uint8Array(0));
  folder.put("outside", pagesOf(2));
  symlinkSync("../outside", join(root, "link"));
  symlinkSync("b/1", join(root, "alias"));
  symlinkSync("..", join(root, "b/loop"));
  symlinkSync("nowhere", join(root, "dangling"));

  const { paths, warnings } = await listImages([
    root,
    join(folder.path, "outside"),
    join(folder.path, "outside"),
  ]);
  const names = paths.map((path) => relative(folder.path, path));
  expect(names).toEqual([
    "tree/Z",
    "tree/a",
    "tree/b/1",
    "tree/b/c/2",
    "tree/link",
    "tree/é",
    "outside",
    "outside",
  ]);
  expect(warnings.map((text) => relative(root, text)).sort()).toEqual([
    `alias: left out, a link to ${join(root, "b/1")}`,
    "b/loop: left out, a link to a directory",
    "dangling: left out, a link that leads nowhere",
    "nothing: left out, an empty file",
  ]);
});

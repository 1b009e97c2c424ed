// Shadow or nested paging? Uniform accesses to 256 MiB on a Xeon 5500's TLB, with more and more edits of page tables between them, with pages
// of 4 KiB and of 2 MiB on both sides.
//
//   node examples/translate/crossover.mjs
//
// `npx ballast reproduce mmu-crossover --out out` draws it for 1 GiB.
import { crossover } from "ballast";

/** @param {readonly (string | number)[]} cells */
const line = (cells) => console.log(cells.map((cell) => String(cell).padStart(10)).join(""));

for (const levels of /** @type {const} */ ([4, 3])) {
  const { points, at } = await crossover({ levels, pages: 65_536, accesses: 20_000 });
  console.log(levels === 4 ? "4 KiB pages: cycles of translation an access" : "\n2 MiB pages");
  line(["edits", "native", "shadow", "nested", "dearer"]);
  for (const { edits, native, shadow, nested } of points) {
    const cells = [native, shadow, nested].map((cycles) => cycles.toFixed(1));
    line([edits, ...cells, shadow > nested ? "shadow" : "nested"]);
  }
  console.log(`they cost the same at ${(1 / at).toFixed(0)} accesses an edit`);
}

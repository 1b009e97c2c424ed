/** What the tally counts, by one Map for all images and one Set an image. Zero pages are content 0n. */
import type { PagesTotal } from "../../../src/pages/index.ts";

export interface TallyModel {
  readonly files: readonly { pages: number; zero: number; distinct: number; savedIntra: number }[];
  readonly total: PagesTotal;
}

export function tallyModel(images: readonly (readonly bigint[])[]): TallyModel {
  const copies = new Map<bigint, number>();
  for (const content of images.flat()) copies.set(content, (copies.get(content) ?? 0) + 1);
  const zero = copies.get(0n) ?? 0;
  const nonzero = [...copies].filter(([content]) => content !== 0n).map(([, count]) => count);
  const pages = images.flat().length;
  const savedNonzero = pages - zero - nonzero.length;
  const own = images.map((image) => {
    const rest = image.filter((content) => content !== 0n);
    return rest.length - new Set(rest).size;
  });
  return {
    files: images.map((image) => ({
      pages: image.length,
      zero: image.filter((content) => content === 0n).length,
      distinct: new Set(image).size,
      savedIntra: image.length - new Set(image).size,
    })),
    total: {
      pages,
      zero,
      distinct: copies.size,
      saved: pages - copies.size,
      savedNonzero,
      sharedContentsNonzero: nonzero.filter((count) => count > 1).length,
      singletonsNonzero: nonzero.filter((count) => count === 1).length,
      savedInterNonzero: savedNonzero - own.reduce((sum, count) => sum + count, 0),
      maxCopiesNonzero: nonzero.reduce((most, count) => Math.max(most, count), 0),
    },
  };
}

/// <reference types="vite/client" />
/** What the page starts from: the examples of the package that need no files, and a policy to change. */

export interface Example {
  /** File name without its ending. */
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

const texts = import.meta.glob<string>("../examples/*.yaml", {
  query: "?raw",
  import: "default",
  eager: true,
});
const FIRST = "three-clones";

/** The simplest first, then by name. A page has no files, so examples that name some are left out. */
export const examples: readonly Example[] = Object.entries(texts)
  .filter(([, text]) => !/\b(file|trace):/.test(text))
  .map(([path, text]) => {
    const id = path.replace(/^.*\/|\.yaml$/g, "");
    return { id, title: /^name: *(.+)$/m.exec(text)?.[1] ?? id, text };
  })
  .sort((a, b) => Number(b.id === FIRST) - Number(a.id === FIRST) || (a.id < b.id ? -1 : 1));

export const examplePolicy = `// All of the scan goes to the VM with most pages that the scan has not seen
// since they were written. Change it, run it, compare it.
export default {
  name: "busiest-first",
  decide(view, targets) {
    let busiest = 0;
    for (let vm = 1; vm < view.vmNames.length; vm += 1) {
      if (view.vmUnvisitedPages[vm] > view.vmUnvisitedPages[busiest]) busiest = vm;
    }
    targets.hostScanRate = view.hostScanRateMax; // pages per second
    targets.vmScanRate.fill(0);
    targets.vmScanRate[busiest] = view.hostScanRateMax;
    targets.because(busiest, \`\${view.vmNames[busiest]} has most pages to look at.\`, {
      unvisitedPages: view.vmUnvisitedPages[busiest],
    });
  },
};
`;

/**
 * The plots of reclaiming in the HTML report: free memory with the host's states behind it, what was taken, swapping, and
 * each VM's usage against its active memory. Plain script for the page; `plotScript` calls `reclaimPlots`.
 */
export const memoryPlotScript = `
/* The host's state behind the lines: the stronger, the worse. */
function drawStates(states) {
  return (u) => {
    const { ctx, bbox } = u;
    ctx.save();
    for (let from = 0; from < states.length; ) {
      let to = from + 1;
      while (to < states.length && states[to] === states[from]) to += 1;
      if (states[from] > 0) {
        const left = Math.max(bbox.left, u.valToPos(x[from], "x", true));
        const right = Math.min(bbox.left + bbox.width, u.valToPos(x[Math.min(to, last)], "x", true));
        ctx.globalAlpha = 0.07 + 0.08 * states[from];
        ctx.fillStyle = colour("line-4");
        if (right > left) ctx.fillRect(left, bbox.top, Math.max(right - left, devicePixelRatio), bbox.height);
      }
      from = to;
    }
    ctx.restore();
  };
}

const stateNames = ["high", "clear", "soft", "hard", "low"];
const largeLooks = {
  largePages: ["in large pages", 0, { width: 2 }],
  largeHintPages: ["hinted inside them", 3, { dash: [5, 4] }],
  sharedPages: ["shared", 2, { width: 2 }],
  largeFormed: ["formed of small ones so far", 1],
  largeBroken: ["broken so far", 4],
};
const vmLooks = {
  consumedPages: ["consumed", 0, { width: 2 }],
  targetPages: ["target", 7, { dash: [5, 4] }],
  activeEstimatePages: ["active, estimated", 2, { width: 2 }],
  activePages: ["active, truly", 2, { width: 1, dash: [2, 3] }],
  balloonPages: ["ballooned", 1],
  swappedPages: ["swapped", 4],
  compressedPages: ["compressed", 3],
  guestFreePages: ["guest free", 5, { dash: [7, 4] }],
};

function reclaimPlots(view) {
  const { host, state, minFreePages, vms, more, large, misses } = view.reclaim;
  const line = (name, key, index, extra) => (host[key] ? [coloured(name, host[key], index, extra)] : []);
  const seen = stateNames.filter((name, index) => index > 0 && state.includes(index));
  const shaded = seen.length > 0 ? " · shaded where " + seen.join(", ") + ", the stronger the worse" : "";
  const wanted = minFreePages > 0 ? [coloured("minfree", x.map(() => minFreePages), 7, { dash: [5, 4] })] : [];
  const note = (vm) => " of " + bytesText(vm.sizePages * PAGE) + (more > 0 ? " · VMs that waited longest, " + countText(more) + " not drawn" : "");
  const looks = (vm) => Object.entries(vmLooks).flatMap(([key, [name, index, extra]]) => (vm.lines[key] ? [coloured(name, vm.lines[key], index, extra)] : []));
  return [
    { title: "Free memory of " + view.name, unit: "bytes", marks: [], states: state, note: shaded, lines: [...line("free", "freePages", 0, { width: 2 }), ...wanted] },
    { title: "Taken from VMs", unit: "bytes", marks: [], states: state, note: shaded, lines: [...line("ballooned", "balloonPages", 1), ...line("swapped", "swappedPages", 4), ...line("compressed", "compressedPages", 3)] },
    { title: "Swapping", unit: "rate", marks: [], states: state, note: shaded, lines: [...line("read", "swapInRate", 4), ...line("written", "swapOutRate", 1)] },
    ...(large ? [{ title: "Large pages of " + view.name, unit: "bytes", marks: [], states: state, note: shaded, lines: Object.entries(largeLooks).flatMap(([key, [name, index, extra]]) => (large[key] ? [coloured(name, large[key], index, extra)] : [])) }] : []),
    ...(misses.length > 0 ? [{ title: "TLB misses by VM", unit: "percent", marks: [], states: state, note: " of its accesses" + shaded, lines: misses.map((vm, index) => coloured(vm.name, vm.ppm, index)) }] : []),
    ...vms.map((vm) => ({ title: "Memory of " + vm.name, unit: "bytes", marks: [], states: state, note: note(vm), lines: looks(vm) })),
  ];
}
`;

// Goal: what an access does: a zeroed frame on first touch, a private copy on a write to a shared page, an answer
// when there is no frame.
// Method: single accesses, flags and counters looked at after each.

import { describe, expect, test } from "vitest";
import { BUILDS, coreOf, FLAG, NO_MPN } from "../support/world.ts";

const flagsOf = (flags: number): string[] =>
  Object.entries(FLAG).flatMap(([name, bit]) => (flags & bit ? [name] : []));

/** What an access of the guest's processors leaves until active memory is next estimated. */
const RECENT = ["recent", "accessed"];

describe.each(BUILDS)("fault, %s core", (build) => {
  test("a read backs a page with zeroes and touches it", () => {
    const { wasm, columns } = coreOf({ vms: [{ pages: 4 }] }, build);
    expect(columns.ppnMpn[2]).toBe(NO_MPN);
    expect(wasm.fault_readPage(2)).toBe(1);
    expect(columns.ppnMpn[2]).toBe(0);
    expect(columns.mpnContent.big(0)).toBe(0n);
    expect(flagsOf(columns.ppnFlags[2]!)).toEqual(["mapped", "zero", "touched", ...RECENT]);
    expect([columns.vmGrantedPages[0], columns.hostGrantedPages[0], columns.vmUnvisitedPages[0]]).toEqual([
      1, 1, 1,
    ]);
  });

  test("a page on a frame that somebody freed starts with zeroes, not with what stood there", () => {
    const { wasm, columns } = coreOf({ content: "bytes", vms: [{ pages: 2 }] }, build);
    wasm.fault_writePage(0, 99n);
    wasm.fault_dropPage(0);
    wasm.fault_readPage(1);
    expect(columns.ppnMpn[1]).toBe(0);
    expect(columns.mpnBytes.subarray(0, 4096).every((byte) => byte === 0)).toBe(true);
  });

  test("a write leaves its content; one of zeroes is known as such", () => {
    const { wasm, columns } = coreOf({ vms: [{ pages: 4 }] }, build);
    wasm.fault_writePage(0, 5n);
    expect(columns.mpnContent.big(0)).toBe(5n);
    expect(flagsOf(columns.ppnFlags[0]!)).toEqual(["mapped", "touched", "dirty", ...RECENT]);
    wasm.fault_writePage(0, 0n);
    expect(flagsOf(columns.ppnFlags[0]!)).toEqual(["mapped", "zero", "touched", "dirty", ...RECENT]);
    expect(columns.vmGrantedPages[0]).toBe(1);
  });

  test("a write makes a visited page new to the scan again, once", () => {
    const { wasm, columns } = coreOf({ vms: [{ pages: 4 }] }, build);
    wasm.fault_writePage(0, 5n);
    wasm.pageSharing_visitPage(0);
    expect(columns.vmUnvisitedPages[0]).toBe(0);
    wasm.fault_readPage(0);
    expect(columns.vmUnvisitedPages[0]).toBe(0);
    wasm.fault_writePage(0, 6n);
    wasm.fault_writePage(0, 7n);
    expect(columns.vmUnvisitedPages[0]).toBe(1);
  });

  test("a write of what stood there breaks sharing and changes nothing else", () => {
    const { wasm, columns } = coreOf({ vms: [{ pages: 4 }] }, build);
    for (const ppn of [0, 1]) wasm.fault_writePage(ppn, 5n);
    for (const ppn of [0, 1]) wasm.pageSharing_visitPage(ppn);
    expect(columns.hostUsedPages[0]).toBe(1);
    expect(wasm.fault_rewritePage(1)).toBe(1);
    expect([columns.hostUsedPages[0], columns.vmCowBreaks.get(0)]).toEqual([2, 1]);
    expect(columns.mpnContent.big(columns.ppnMpn[1]!)).toBe(5n);
    expect(wasm.fault_rewritePage(3)).toBe(1);
    expect(flagsOf(columns.ppnFlags[3]!)).toEqual(["mapped", "zero", "touched", "dirty", ...RECENT]);
  });

  test("dropping gives the frame back, keeps that it was touched, and twice is once", () => {
    const { wasm, columns } = coreOf({ vms: [{ pages: 4 }] }, build);
    wasm.fault_writePage(1, 5n);
    wasm.fault_dropPage(1);
    wasm.fault_dropPage(1);
    wasm.fault_dropPage(3);
    expect(columns.ppnMpn[1]).toBe(NO_MPN);
    expect(flagsOf(columns.ppnFlags[1]!)).toEqual(["touched", "dirty", ...RECENT]);
    expect([columns.hostUsedPages[0], columns.hostGrantedPages[0], columns.vmUnvisitedPages[0]]).toEqual([
      0, 0, 0,
    ]);
  });

  test("out of frames is an answer: reads and writes say no and nothing is mapped", () => {
    const { wasm, columns } = coreOf({ hosts: [1], vms: [{ pages: 4 }] }, build);
    expect([wasm.fault_writePage(0, 5n), wasm.fault_readPage(1), wasm.fault_writePage(2, 6n)]).toEqual([
      1, 0, 0,
    ]);
    expect(wasm.fault_rewritePage(3)).toBe(0);
    expect([...columns.ppnFlags.subarray(1, 4)]).toEqual([0, 0, 0]);
    expect(columns.vmGrantedPages[0]).toBe(1);
    wasm.fault_dropPage(0);
    expect(wasm.fault_writePage(2, 6n)).toBe(1);
  });
});

test("ids and bytes: the same accesses leave the same mappings and counters", () => {
  const [ids, bytes] = (["ids", "bytes"] as const).map((content) => {
    const { wasm, columns } = coreOf({ hosts: [30], content, vms: [{ pages: 40 }] });
    for (let step = 0; step < 400; step += 1) {
      const ppn = (step * 7) % 40;
      if (step % 3 === 0) wasm.fault_writePage(ppn, BigInt(step % 5));
      else if (step % 11 === 0) wasm.fault_dropPage(ppn);
      else wasm.pageSharing_visitPage(ppn);
    }
    return [
      [...columns.ppnMpn],
      [...columns.ppnFlags],
      columns.hostSharedPages[0],
      columns.vmCowBreaks.get(0),
    ];
  });
  expect(ids).toEqual(bytes);
});

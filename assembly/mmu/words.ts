/**
 * Contents of frames word by word, whatever the form: page tables are bytes even where contents are ids.
 *
 *   bytes   the frame's own
 *   ids     0                 zeroes
 *           TABLES | row      a row of `tablePage`, given to the page at its first write of a word
 *           any other         what the id expands to (see memory/content.ts): word k is draw k of the PRNG
 *
 * The content id moves with the content (copied, paged out, brought back), and the row with the id. Rows whose page holds
 * another content meanwhile are found when none is free.
 *
 * Cost: a load or two; the first write of a word expands 4 KiB.
 */
import {
  mpnBytesAt,
  mpnContent,
  ppnFlags,
  ppnMpn,
  setMpnContent,
  setMpnHash,
  setTablePagePpn,
  setWorldTableHand,
  tablePageBytesAt,
  tablePageCount,
  tablePagePpn,
  worldBytesForm,
  worldTableHand,
} from "../layout";
import { Flag, markWritten } from "../memory/pmap";
import { mix64, wordState } from "../prng";
import { NO_ROW } from "./entry";

/** Upper half of the content id of a frame whose bytes are a row of `tablePage`. */
const TABLES: u64 = 0x7ab1_e5b0;

function isTable(content: u64): bool {
  return content >> 32 == TABLES && <u32>content < tablePageCount();
}

/** Whether the content of a frame has been written word by word. */
export function holdsWords(mpn: u32): bool {
  return worldBytesForm(0) != 0 || isTable(mpnContent(mpn));
}

/** Word of a frame at a multiple of 8 below 4096. */
@inline
export function wordOf(mpn: u32, offset: u32): u64 {
  if (worldBytesForm(0)) return load<u64>(mpnBytesAt(mpn) + offset);
  const content = mpnContent(mpn);
  if (isTable(content)) return load<u64>(tablePageBytesAt(<u32>content) + offset);
  return content == 0 ? 0 : mix64(wordState(content, offset >> 3));
}

/**
 * Writes a word of a mapped page's own frame.
 *
 * @returns false if there is no row left to hold its bytes
 */
export function setWord(ppn: u32, offset: u32, value: u64): bool {
  const mpn = ppnMpn(ppn);
  if (worldBytesForm(0)) {
    store<u64>(mpnBytesAt(mpn) + offset, value);
    setMpnHash(mpn, 0);
    return true;
  }
  if (!isTable(mpnContent(mpn)) && !giveRow(ppn, mpn)) return false;
  store<u64>(tablePageBytesAt(<u32>mpnContent(mpn)) + offset, value);
  return true;
}

/** Makes a mapped page zero. */
export function clearWords(ppn: u32): void {
  const mpn = ppnMpn(ppn);
  if (worldBytesForm(0)) {
    memory.fill(mpnBytesAt(mpn), 0, 4096);
    setMpnHash(mpn, 0);
  } else if (isTable(mpnContent(mpn))) {
    memory.fill(tablePageBytesAt(<u32>mpnContent(mpn)), 0, 4096);
  } else {
    setMpnContent(mpn, 0);
  }
  // Of a table by its row it is not known.
  markWritten(ppn, worldBytesForm(0) != 0 || mpnContent(mpn) == 0);
}

/** Expands the content of a frame into a row of its own. */
function giveRow(ppn: u32, mpn: u32): bool {
  let row = freeRow();
  if (row == NO_ROW) {
    collect();
    row = freeRow();
    if (row == NO_ROW) return false;
  }
  const bytes = tablePageBytesAt(row);
  const content = mpnContent(mpn);
  for (let word: u32 = 0; word < 512; ++word) {
    store<u64>(bytes + ((<usize>word) << 3), content == 0 ? 0 : mix64(wordState(content, word)));
  }
  setTablePagePpn(row, ppn + 1);
  setMpnContent(mpn, (TABLES << 32) | row);
  return true;
}

function freeRow(): u32 {
  const rows = tablePageCount();
  let row = worldTableHand(0);
  for (let looked: u32 = 0; looked < rows; ++looked) {
    const next = row + 1 == rows ? 0 : row + 1;
    if (tablePagePpn(row) == 0) {
      setWorldTableHand(0, next);
      return row;
    }
    row = next;
  }
  return NO_ROW;
}

/** Frees rows whose pages hold another content by now. What is paged out keeps its row. */
function collect(): void {
  for (let row: u32 = 0; row < tablePageCount(); ++row) {
    if (tablePagePpn(row) == 0) continue;
    const ppn = tablePagePpn(row) - 1;
    const flags = <u32>ppnFlags(ppn);
    const away = (flags & (Flag.Swapped | Flag.Compressed)) != 0;
    const here = (flags & Flag.Mapped) != 0 && mpnContent(ppnMpn(ppn)) == ((TABLES << 32) | (<u64>row));
    if (!away && !here) setTablePagePpn(row, 0);
  }
}

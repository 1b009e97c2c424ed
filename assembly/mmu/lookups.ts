/**
 * A stream's next accesses as addresses to translate: page of the stream's range to virtual page.
 *
 *   virtual page = base + page        or, where a trace is replayed, the page that the trace named
 *
 * Cost: that of drawing them.
 */
import { lookupCount, setLookupAddress, virtualPageCount, virtualPageNumber } from "../layout";
import { CHUNK, drawAccesses, drawnKind, drawnPage, Access } from "../guest/accesses";

/**
 * Draws accesses of a stream into `lookup`.
 *
 * @param base   first virtual page
 * @param kinds  2 user, 4 fetch; writes are the stream's
 */
export function drawLookups(stream: u32, count: u32, base: u64, kinds: u32): void {
  assert(count <= lookupCount());
  for (let done: u32 = 0; done < count;) {
    const some = min<u32>(count - done, CHUNK);
    drawAccesses(stream, some);
    for (let index: u32 = 0; index < some; ++index) {
      const drawn = drawnPage(index);
      const page = virtualPageCount() > 0 ? virtualPageNumber(drawn) : base + <u64>drawn;
      const write: u64 = drawnKind(index) == Access.Read ? 0 : 1;
      setLookupAddress(done + index, (page << 12) | write | (<u64>kinds));
    }
    done += some;
  }
}

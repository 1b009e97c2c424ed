/** The core's exports, nothing else: `room_verb`. */
export { attach, build, hashContents, hashRange, heapBase, layoutVersion, now, start } from "./world";
export {
  advance,
  eventsOf,
  hurryEpoch as script_hurryEpoch,
  scheduleScript as script_schedule,
  startStream,
} from "./advance";
export {
  changeFrequency as cpu_changeFrequency,
  changeLimit as cpu_changeLimit,
  changeReservation as cpu_changeReservation,
  changeShares as cpu_changeShares,
  enter as cpu_enter,
  leave as cpu_leave,
  plug as cpu_plug,
  powerOff as cpu_powerOff,
  powerOn as cpu_powerOn,
  recount as cpu_recount,
  transfer as cpu_transfer,
} from "./cpu/control";
export {
  abortMove as move_abort,
  begin as move_begin,
  cutMove as move_cut,
  goPostCopy as move_goPostCopy,
  loseMove as move_lose,
  nextRound as move_nextRound,
  recoverMove as move_recover,
  reshareAt as move_reshare,
  resume as cpu_resume,
  stopAndCopy as move_stopAndCopy,
  suspend as cpu_suspend,
} from "./migration/door";
export { deltaBytes as xbzrle_deltaBytes } from "./migration/xbzrle";
export { decide as cpu_decide } from "./cpu/decide";
export {
  bitsetWords,
  clearBit as bits_clearBit,
  hasBit as bits_hasBit,
  nextSet as bits_nextSet,
  setBit as bits_setBit,
} from "./bits";
export { buildQueue as queue_build, earliest as queue_earliest, schedule as queue_schedule } from "./queue";
export { hold as queue_hold } from "./queue-hold";
export { permute as prng_permute, seedStream as prng_seedStream } from "./prng";
export { hashFrames as content_hashFrames } from "./memory/content";
export { loadBytes as load_bytes, loadIds as load_ids, loadMix as load_mix } from "./memory/load";
export {
  deviceRead as fault_deviceRead,
  deviceWrite as fault_deviceWrite,
  dropPage as fault_dropPage,
  readPage as fault_readPage,
  rewritePage as fault_rewritePage,
  writePage as fault_writePage,
} from "./memory/fault";
export {
  countBits as dirtyBitmap_countBits,
  moveBits as dirtyBitmap_moveBits,
  takeBits as dirtyBitmap_takeBits,
  takeRun as dirtyBitmap_takeRun,
} from "./memory/dirty-bitmap";
export {
  closeLog as dirtyLog_close,
  harvest as dirtyLog_harvest,
  openLog as dirtyLog_open,
} from "./memory/dirty-log";
export { diskRead as disk_read, diskWrite as disk_write } from "./memory/disk";
export { openBill as bill_open } from "./memory/bill";
export { pagesWritten as victims_pagesWritten, takePages as victims_takePages } from "./memory/victims";
export { reclaimTick as reclaim_tick } from "./memory/reclaim";
export { largeTick as largePage_tick } from "./memory/large-look";
export { beginHarvest as harvest_begin, harvestTick as harvest_tick } from "./memory/harvest-look";
export { defragment as defragment_run } from "./memory/defragment";
export { breakAround as largePage_breakAround } from "./memory/large-page";
export { activityTick as activity_tick } from "./memory/activity";
export { visitPage as pageSharing_visitPage } from "./memory/page-sharing";
export { recountUnvisited as recount_unvisited, recountVm as recount_vm } from "./memory/recount";
export {
  decrementRefcount as refcount_decrement,
  incrementRefcount as refcount_increment,
  refcount as refcount_of,
} from "./memory/refcount";
export { allocateFrame as frames_allocate, releaseFrame as frames_release } from "./memory/frames";
export {
  insertEntry as sharingTable_insert,
  removeEntry as sharingTable_remove,
  seekEntry as sharingTable_seek,
} from "./memory/sharing-table";
export {
  powerOffMemory as memory_powerOff,
  powerOnMemory as memory_powerOn,
  resetMemory as memory_reset,
} from "./guest/power";
export { issueOne as issue_one } from "./guest/issue";
export { accessesDue as accesses_due, nextPage as accesses_nextPage } from "./guest/accesses";
export {
  hashRows as pageHash_hashRows,
  hashRun as pageHash_hashRun,
  xxh64 as pageHash_xxh64,
  xxh64Run as pageHash_xxh64Run,
} from "./memory/page-hash";
export { zeroRows as pageZero_zeroRows, zeroRun as pageZero_zeroRun } from "./memory/page-zero";
export {
  compareRows as pageCompare_compareRows,
  compareRun as pageCompare_compareRun,
} from "./memory/page-compare";
export {
  compressPage as pageCompress_compressPage,
  compressedSize as pageCompress_compressedSize,
  decompressPage as pageCompress_decompressPage,
  modelledSize as pageCompress_modelledSize,
  sizeRun as pageCompress_sizeRun,
} from "./memory/page-compress";
export { add as tally_add, addMarked as tally_addMarked, move as tally_move } from "./memory/tally";
export { solveFlat as entitlement_solveFlat, solveTree as entitlement_solveTree } from "./cpu/entitlement";
export { takeKicked as kick_take } from "./cpu/kick";
export {
  numberEvents as events_number,
  sourceEvent as events_source,
  taskEvent as events_task,
} from "./events";
export {
  drawLength as draw_length,
  minusLogarithm as draw_minusLogarithm,
  stateAfter as draw_stateAfter,
} from "./guest/draw";
export { bucketOf as latency_bucketOf } from "./guest/latency";
export { sourceDue as guest_sourceDue } from "./guest/arrivals";
export { retrySpin as guest_retrySpin } from "./guest/sync";
export {
  guestSliceDone as guest_sliceDone,
  plugVcpus as guest_plugVcpus,
  startGuest as guest_start,
  stopGuest as guest_stop,
  taskTimer as guest_taskTimer,
  workDone as guest_workDone,
} from "./guest/threads";
export { open as cosine_open, placeRun as cosine_placeRun } from "./place/cosine";
export { noteChange as mmu_noteChange } from "./memory/changes";
export { populateNested as mmu_populateNested, leaveExtent as mmu_leaveExtent } from "./mmu/nested";
export {
  close as mmu_close,
  invalidatePage as mmu_invalidatePage,
  invalidatePcid as mmu_invalidatePcid,
  loadCr3 as mmu_loadCr3,
  open as mmu_open,
  setControls as mmu_setControls,
} from "./mmu/control";
export { access as mmu_access, run as mmu_run, runToFault as mmu_runToFault } from "./mmu/translate";
export {
  giveTable as mmu_giveTable,
  mapRun as mmu_mapRun,
  seekTable as mmu_seekTable,
  takeTable as mmu_takeTable,
  writeTable as mmu_writeTable,
} from "./mmu/guest-tables";
export { guestWord as mmu_guestWord } from "./mmu/guest-memory";
export { drawLookups as mmu_drawLookups } from "./mmu/lookups";

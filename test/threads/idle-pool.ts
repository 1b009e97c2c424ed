/** A process of its own: makes a pool, runs something, and leaves. `node scripts/strip.mjs FILE yes|no`: dispose or not. */
import { createPool } from "../../src/core/threads/pool.ts";
import { ARENA, PAGE, rawCore } from "../support/raw-core.ts";

const core = rawCore(2 * PAGE, true);
const pool = await createPool({ ...core, threads: 2 });
await pool.run("pageHash_hashRun", [[ARENA, 1, ARENA + PAGE]]);
console.log("ran");
if (process.argv[2] === "yes") await pool.dispose();

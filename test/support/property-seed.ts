/**
 * Property tests draw the same cases each time, so that a red run is the change's fault. `PROPERTY_SEED=random npx vitest
 * run …` draws new ones, `PROPERTY_SEED=N` those of a failure.
 */
import fc from "fast-check";

const { PROPERTY_SEED: asked } = process.env;
if (asked !== "random") fc.configureGlobal({ seed: asked === undefined ? 1 : Number(asked) });

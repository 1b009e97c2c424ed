/** Signals: the first SIGINT or SIGTERM asks a command to come to an end, the second one ends it at once. */
import { EXIT, Exit } from "./fail.ts";

const CODES = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated } as const;

export interface Interrupt {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Lets signals act as usual again; throws `Exit` if one has come. */
  done(): void;
}

/** @param onFirst  called when the first signal comes */
export function watchInterrupt(onFirst: () => void = () => {}): Interrupt {
  const controller = new AbortController();
  let code: number = EXIT.interrupted;
  const listen = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(code);
    code = CODES[name as keyof typeof CODES];
    controller.abort();
    onFirst();
  };
  for (const name of Object.keys(CODES)) process.on(name, listen);
  return {
    signal: controller.signal,
    done() {
      for (const name of Object.keys(CODES)) process.off(name, listen);
      if (controller.signal.aborted) throw new Exit(code);
    },
  };
}

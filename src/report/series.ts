/** Access to the series of a result by the names of its hosts and VMs. */

/** The property itself, not one that `Object.prototype` has: a VM may be called `constructor`. */
export function own<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

// Small files of each trace format, by the documented columns; all numbers are ours.

export const text = (name: string, ...lines: readonly string[]) => ({ name, text: `${lines.join("\n")}\n` });
export const packed = (name: string, ...lines: readonly string[]) => ({
  name: `${name}.gz`,
  // No import: a page loads this file too.
  bytes: new Uint8Array(process.getBuiltinModule("node:zlib").gzipSync(`${lines.join("\n")}\n`)),
});

export const BITBRAINS_HEADER =
  "Timestamp [ms];\tCPU cores;\tCPU capacity provisioned [MHZ];\tCPU usage [MHZ];\tCPU usage [%];\tMemory capacity provisioned [KB];\tMemory usage [KB];\tDisk read throughput [KB/s];\tDisk write throughput [KB/s];\tNetwork received throughput [KB/s];\tNetwork transmitted throughput [KB/s]";

export function bitbrainsRow(time: number, cpuMhz: number, memoryKb: number, cores = 2): string {
  return [time, cores, cores * 2600.5, cpuMhz, 0, cores * 1048576, memoryKb, 0, 0, 0, 0].join(";\t");
}

/** A row of task_usage of Google's trace of 2011. */
export function taskUsage(start: number, end: number, task: string, cpu: number, memory: number): string {
  const [job, index] = task.split("-");
  const rest = [memory, 0, 0, memory, 0, 0, cpu * 2, 0, 1, 0.01, 1, 0, cpu];
  return [start, end, job, index, 7, cpu, memory, ...rest].join(",");
}

export const VMTABLE = [
  "vmA,subA,depA,0,900,90,12.5,80,Interactive,4,8",
  "vmB,subA,depB,300,600,50,25,40,Delay-insensitive,>24,>64",
];

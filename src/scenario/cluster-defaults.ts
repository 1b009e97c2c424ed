/** What fills the gaps of clusters; base units. Ours where facts name nothing: intervals, balloon and tax are the hosts' own. */

export const clusterDefaults = {
  stepNs: 300e9,
  durationNs: 86_400e9,
  mhz: 2000,
  nicBytesPerS: 125e6,
  priority: 100,
  activePpm: 1e6,
  restartNs: 60e9,
  dirtyPpm: 10_000,
  taxPpm: 750_000,
  balloonPpm: 650_000,
  balance: "static",
} as const;

/**
 * Naive twins of the page kernels: one BigInt at a time, in the order in which the specification tells it. Oracle of the
 * property tests, and baseline of the benches.
 *
 * Source: the xxHash specification, doc/xxhash_spec.md.
 */

const PRIME32_1 = 0x9e3779b1n;
const PRIME32_2 = 0x85ebca77n;
const PRIME32_3 = 0xc2b2ae3dn;
const PRIME64_1 = 0x9e3779b185ebca87n;
const PRIME64_2 = 0xc2b2ae3d27d4eb4fn;
const PRIME64_3 = 0x165667b19e3779f9n;
const PRIME64_4 = 0x85ebca77c2b2ae63n;
const PRIME64_5 = 0x27d4eb2f165667c5n;
const PRIME_MX = 0x165667919e3779f9n;

const SECRET = Uint8Array.from(
  (
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221" +
    "b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8" +
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb" +
    "170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e"
  ).match(/../g) as string[],
  (hex) => Number.parseInt(hex, 16),
);

const LANES = 8;
const STRIPE = 8 * LANES;
const STRIPES_PER_BLOCK = (SECRET.length - STRIPE) / 8;

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const rotate = (value: bigint, bits: bigint): bigint => u64((value << bits) | (value >> (64n - bits)));
const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const secret = viewOf(SECRET);

/**
 * XXH3-64 with seed 0.
 *
 * @param bytes  more than 240, or it would be another branch of XXH3
 */
export function xxh3Model(bytes: Uint8Array): bigint {
  if (bytes.length <= 240)
    throw new RangeError(`xxh3Model: expected more than 240 bytes, got ${bytes.length}`);
  const data = viewOf(bytes);
  const lanes = [PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1];
  const blockBytes = STRIPES_PER_BLOCK * STRIPE;
  const blocks = Math.floor((bytes.length - 1) / blockBytes);
  for (let block = 0; block < blocks; block += 1) {
    for (let stripe = 0; stripe < STRIPES_PER_BLOCK; stripe += 1) {
      accumulate(lanes, data, block * blockBytes + stripe * STRIPE, stripe * 8);
    }
    for (let lane = 0; lane < LANES; lane += 1) {
      const value = lanes[lane]!;
      const key = secret.getBigUint64(SECRET.length - STRIPE + 8 * lane, true);
      lanes[lane] = u64((value ^ (value >> 47n) ^ key) * PRIME32_1);
    }
  }
  const tail = blocks * blockBytes;
  const stripes = Math.floor((bytes.length - 1 - tail) / STRIPE);
  for (let stripe = 0; stripe < stripes; stripe += 1) {
    accumulate(lanes, data, tail + stripe * STRIPE, stripe * 8);
  }
  accumulate(lanes, data, bytes.length - STRIPE, SECRET.length - STRIPE - 7);
  return merge(lanes, BigInt(bytes.length));
}

function accumulate(lanes: bigint[], data: DataView, at: number, key: number): void {
  for (let lane = 0; lane < LANES; lane += 1) {
    const value = data.getBigUint64(at + 8 * lane, true);
    const keyed = value ^ secret.getBigUint64(key + 8 * lane, true);
    lanes[lane ^ 1] = u64(lanes[lane ^ 1]! + value);
    lanes[lane] = u64(lanes[lane]! + (keyed & 0xffff_ffffn) * (keyed >> 32n));
  }
}

function merge(lanes: readonly bigint[], length: bigint): bigint {
  let hash = length * PRIME64_1;
  for (let pair = 0; pair < LANES; pair += 2) {
    const even = lanes[pair]! ^ secret.getBigUint64(11 + 8 * pair, true);
    const odd = lanes[pair + 1]! ^ secret.getBigUint64(19 + 8 * pair, true);
    const product = even * odd;
    hash += u64(product) ^ (product >> 64n);
  }
  hash = u64(hash);
  hash = u64((hash ^ (hash >> 37n)) * PRIME_MX);
  return hash ^ (hash >> 32n);
}

/** XXH64 of any bytes with any seed. */
export function xxh64Model(bytes: Uint8Array, seed = 0n): bigint {
  const data = viewOf(bytes);
  let at = 0;
  let hash = seed + PRIME64_5;
  if (bytes.length >= 32) {
    const lanes = [seed + PRIME64_1 + PRIME64_2, seed + PRIME64_2, seed, seed - PRIME64_1].map(u64);
    for (; at + 32 <= bytes.length; at += 32) {
      for (let lane = 0; lane < 4; lane += 1) {
        lanes[lane] = mix(lanes[lane]!, data.getBigUint64(at + 8 * lane, true));
      }
    }
    hash = lanes.reduce((sum, lane, i) => sum + rotate(lane, [1n, 7n, 12n, 18n][i]!), 0n);
    for (const lane of lanes) hash = u64((u64(hash) ^ mix(0n, lane)) * PRIME64_1 + PRIME64_4);
  }
  hash = u64(hash + BigInt(bytes.length));
  for (; at + 8 <= bytes.length; at += 8) {
    hash = u64(rotate(hash ^ mix(0n, data.getBigUint64(at, true)), 27n) * PRIME64_1 + PRIME64_4);
  }
  if (at + 4 <= bytes.length) {
    const word = u64(BigInt(data.getUint32(at, true)) * PRIME64_1);
    hash = u64(rotate(hash ^ word, 23n) * PRIME64_2 + PRIME64_3);
    at += 4;
  }
  for (; at < bytes.length; at += 1) {
    hash = u64(rotate(hash ^ u64(BigInt(bytes[at]!) * PRIME64_5), 11n) * PRIME64_1);
  }
  hash = u64((hash ^ (hash >> 33n)) * PRIME64_2);
  hash = u64((hash ^ (hash >> 29n)) * PRIME64_3);
  return hash ^ (hash >> 32n);
}

function mix(lane: bigint, data: bigint): bigint {
  return u64(rotate(u64(lane + data * PRIME64_2), 31n) * PRIME64_1);
}

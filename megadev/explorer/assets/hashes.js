// keccak256 and the recovery of signers, so that the page checks the sequencer's signatures itself. Not constant time: it only
// ever handles public values.

const ROUNDS = [
  0x0000000000000001n, 0x0000000000008082n, 0x800000000000808an, 0x8000000080008000n, 0x000000000000808bn, 0x0000000080000001n,
  0x8000000080008081n, 0x8000000000008009n, 0x000000000000008an, 0x0000000000000088n, 0x0000000080008009n, 0x000000008000000an,
  0x000000008000808bn, 0x800000000000008bn, 0x8000000000008089n, 0x8000000000008003n, 0x8000000000008002n, 0x8000000000000080n,
  0x000000000000800an, 0x800000008000000an, 0x8000000080008081n, 0x8000000000008080n, 0x0000000080000001n, 0x8000000080008008n,
];
const ROTATIONS = [0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14].map(BigInt);
const RATE = 136;
const MASK = (1n << 64n) - 1n;
const turn = (word, by) => (by === 0n ? word : ((word << by) | (word >> (64n - by))) & MASK);

function permute(state) {
  for (const round of ROUNDS) {
    const columns = [0, 1, 2, 3, 4].map((x) => state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20]);
    for (let x = 0; x < 5; x += 1) {
      const mixed = columns[(x + 4) % 5] ^ turn(columns[(x + 1) % 5], 1n);
      for (let y = 0; y < 25; y += 5) state[x + y] ^= mixed;
    }
    const moved = new Array(25);
    for (let x = 0; x < 5; x += 1) {
      for (let y = 0; y < 5; y += 1) moved[y + 5 * ((2 * x + 3 * y) % 5)] = turn(state[x + 5 * y], ROTATIONS[x + 5 * y]);
    }
    for (let y = 0; y < 25; y += 5) {
      for (let x = 0; x < 5; x += 1) state[x + y] = moved[x + y] ^ (~moved[((x + 1) % 5) + y] & MASK & moved[((x + 2) % 5) + y]);
    }
    state[0] ^= round;
  }
}

export const toBytes = (hex) => Uint8Array.from((hex.slice(2).match(/../g) ?? []).map((pair) => parseInt(pair, 16)));
export const toHex = (bytes) => `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;

/** keccak256 of bytes, as bytes. */
export function keccak(bytes) {
  const padded = new Uint8Array((Math.floor(bytes.length / RATE) + 1) * RATE);
  padded.set(bytes);
  padded[bytes.length] ^= 1;
  padded[padded.length - 1] ^= 0x80;
  const state = new Array(25).fill(0n);
  for (let start = 0; start < padded.length; start += RATE) {
    for (let i = 0; i < RATE / 8; i += 1) {
      let word = 0n;
      for (let j = 7; j >= 0; j -= 1) word = (word << 8n) | BigInt(padded[start + 8 * i + j]);
      state[i] ^= word;
    }
    permute(state);
  }
  const digest = new Uint8Array(32);
  for (let i = 0; i < 32; i += 1) digest[i] = Number((state[i >> 3] >> BigInt(8 * (i & 7))) & 0xffn);
  return digest;
}

export const keccakText = (text) => keccak(new TextEncoder().encode(text));

// -- secp256k1 (SEC 2) --------------------------------------------------------------------------------------------

const P = 2n ** 256n - 2n ** 32n - 977n;
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const G = [0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n, 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n];
const mod = (a, m) => ((a % m) + m) % m;

function power(base, exponent, m) {
  let result = 1n;
  for (let b = mod(base, m), e = exponent; e > 0n; e >>= 1n, b = (b * b) % m) if (e & 1n) result = (result * b) % m;
  return result;
}

const inverse = (a, m) => power(a, m - 2n, m);

function add(a, b) {
  if (a === null) return b;
  if (b === null) return a;
  if (a[0] === b[0] && mod(a[1] + b[1], P) === 0n) return null;
  const slope = a[0] === b[0] ? 3n * a[0] * a[0] * inverse(2n * a[1], P) : (b[1] - a[1]) * inverse(mod(b[0] - a[0], P), P);
  const x = mod(slope * slope - a[0] - b[0], P);
  return [x, mod(slope * (a[0] - x) - a[1], P)];
}

function times(point, factor) {
  let result = null;
  for (let p = point, k = mod(factor, N); k > 0n; k >>= 1n, p = add(p, p)) if (k & 1n) result = add(result, p);
  return result;
}

/** The address that signed a digest (bytes), null where the signature is of nobody. */
export function recover(digest, { r, s, yParity }) {
  const [R, S, odd] = [BigInt(r), BigInt(s), BigInt(yParity)];
  const square = mod(R * R * R + 7n, P);
  let y = power(square, (P + 1n) / 4n, P);
  if (R <= 0n || R >= N || S <= 0n || S >= N || mod(y * y, P) !== square) return null;
  if ((y & 1n) !== odd) y = P - y;
  const z = BigInt(toHex(digest));
  const by = inverse(R, N);
  const key = add(times([R, y], S * by), times(G, mod(-z * by, N)));
  if (key === null) return null;
  const encoded = toBytes(`0x${key.map((part) => part.toString(16).padStart(64, "0")).join("")}`);
  return toHex(keccak(encoded).slice(12));
}

/** A small corpus of a few true entries with one recorded thing changed, to see that the runner notices. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type Part, readIndex } from './corpus.js';
import type { Json } from './values.js';

/** One recorded tensor, raw. */
export interface RawTensor {
  dtype: string;
  shape: number[];
  bytes: Uint8Array;
}

// biome-ignore lint/suspicious/noExplicitAny: a test reaches into records of four forms.
type AnyRecord = any;

/** An entry's file and its tensors, open to change. */
export interface OpenEntry {
  head: AnyRecord;
  tensors: Record<string, RawTensor>;
  sample(id: string): AnyRecord;
}

export type Change = (entry: OpenEntry) => void;

function readTensors(path: string): Record<string, RawTensor> {
  const bytes = gunzipSync(readFileSync(path));
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const tensors = Object.entries(header).map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [from, to],
      },
    ]) => {
      return [name, { dtype, shape, bytes: Uint8Array.from(bytes.subarray(start + from, start + to)) }];
    },
  );
  return Object.fromEntries(tensors) as Record<string, RawTensor>;
}

function writeTensors(path: string, tensors: Record<string, RawTensor>): void {
  const header: Record<string, Json> = {};
  let end = 0;
  for (const [name, { dtype, shape, bytes }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [end, end + bytes.length] };
    end += bytes.length;
  }
  const text = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  writeFileSync(path, gzipSync(Buffer.concat([length, padded, ...Object.values(tensors).map(({ bytes }) => bytes)])));
}

/** Writes a corpus of one entry of `source`, changed, and returns its folder. */
export function tampered(source: string, part: Part, name: string, change: Change = () => {}): string {
  const directory = mkdtempSync(join(tmpdir(), 'tapegrad-corpus-'));
  mkdirSync(join(directory, part));
  const head = JSON.parse(readFileSync(join(source, part, `${name}.json`), 'utf8'));
  const sample = (id: string) => head.samples.find((one: AnyRecord) => one.id === id);
  const entry: OpenEntry = { head, tensors: readTensors(join(source, part, head.blob)), sample };
  change(entry);
  writeFileSync(
    join(directory, 'index.json'),
    JSON.stringify({ ops: {}, [part]: { [name]: readIndex(source)[part][name] } }),
  );
  writeFileSync(join(directory, part, `${name}.json`), JSON.stringify(entry.head));
  writeTensors(join(directory, part, head.blob), entry.tensors);
  return directory;
}

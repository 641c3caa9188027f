import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { followImageStream } from '../../../engine/docker/image-stream.ts'
import { LazyDuplex } from '../../../engine/docker/lazy-duplex.ts'
import { FrameReader, logLines } from '../../../engine/docker/log-frames.ts'
import { Slots } from '../../../engine/docker/slots.ts'
import { until } from './until.ts'

describe('logLines', () => {
  const frame = (stream: number, text: string) => {
    const header = Buffer.alloc(8)
    header.writeUInt8(stream, 0)
    header.writeUInt32BE(Buffer.byteLength(text), 4)
    return Buffer.concat([header, Buffer.from(text)])
  }
  test.each([
    ['nothing', Buffer.alloc(0), []],
    [
      'both streams in order',
      Buffer.concat([frame(1, 'a\n'), frame(2, 'b\n'), frame(1, 'c\n')]),
      ['a', 'b', 'c'],
    ],
    ['several lines in a frame', frame(1, 'a\r\nb\n'), ['a', 'b']],
    ['a line in two frames', Buffer.concat([frame(1, 'a'), frame(1, 'b\n')]), ['ab']],
    ['a last line without an end', frame(2, 'a\nb'), ['a', 'b']],
    ['empty lines', frame(1, '\n\na\n'), ['', '', 'a']],
    ['a frame that is cut', frame(1, 'abc\n').subarray(0, 10), ['ab']],
    ['letters of several bytes', Buffer.concat([frame(1, 'ä'), frame(1, 'ö\n')]), ['äö']],
    ["a terminal's log", Buffer.from('plain\r\ntext\r\n'), ['plain', 'text']],
  ])('%s', (_, log, lines) => {
    expect(logLines(log)).toEqual(lines)
  })
})

describe('FrameReader', () => {
  const frames = [
    [1, 0, 0, 0, 0, 0, 0, 3, 97, 98, 99],
    [2, 0, 0, 0, 0, 0, 0, 0],
    [2, 0, 0, 0, 0, 0, 0, 2, 100, 101],
  ]
  const framed = Buffer.from(frames.flat())
  const readIn = (reader: FrameReader, bytes: number) => {
    const text = { stdout: '', stderr: '' }
    for (let at = 0; at < framed.length; at += bytes)
      for (const { stream, data } of reader.read(framed.subarray(at, at + bytes)))
        text[stream] += data.toString()
    return text
  }

  test.each([1, 2, 3, 7, 8, 9, 11, 100])('parts the streams, cut into pieces of %i bytes', bytes => {
    expect(readIn(new FrameReader(true), bytes)).toEqual({ stdout: 'abc', stderr: 'de' })
  })

  test("a terminal's bytes are passed on as they are", () => {
    expect(readIn(new FrameReader(false), 5)).toEqual({ stdout: framed.toString(), stderr: '' })
  })
})

describe('followImageStream', () => {
  async function* chunks(...texts: string[]) {
    for (const text of texts) yield await Promise.resolve(Buffer.from(text))
  }

  test('each status is reported, across the borders of chunks', async () => {
    const seen: string[] = []
    await followImageStream(
      chunks('{"status":"Pull', 'ing"}\r\n{"id":"abc","status":"Done"}\n', '\n{"status":"End"}'),
      status => seen.push(status),
    )
    expect(seen).toEqual(['Pulling', 'abc: Done', 'End'])
  })

  test.each([
    ['{"status":"a"}\n{"errorDetail":{"message":"no space left"},"error":"no"}\n', 'no space left'],
    ['{"error":"manifest unknown"}', 'manifest unknown'],
    ['<html>', "Docker's progress cannot be read: <html>"],
  ])('an error in the stream is an error: %s', async (text, message) => {
    await expect(followImageStream(chunks(text), () => undefined)).rejects.toMatchObject({
      status: 200,
      message,
    })
  })
})

describe('LazyDuplex', () => {
  test('what is written before the channel opens arrives when it does', async () => {
    const channel = new PassThrough()
    let open: (channel: PassThrough) => void = () => undefined
    const socket = new LazyDuplex(() => new Promise(resolve => (open = resolve)))
    const seen: string[] = []
    socket.on('data', (chunk: Buffer) => seen.push(chunk.toString()))
    socket.write('a')
    socket.write('b')
    open(channel)
    await until(() => seen.join('') === 'ab')
    socket.destroy()
    expect(channel.destroyed).toBe(true)
  })

  test('a channel that cannot be opened is an error of the socket', async () => {
    const socket = new LazyDuplex(() => Promise.reject(new Error('refused')))
    const failed = new Promise(resolve => socket.once('error', resolve))
    expect(await failed).toMatchObject({ message: 'refused' })
  })

  test('a socket that is destroyed while opening ends at once and closes the late channel', async () => {
    const channel = new PassThrough()
    let open: (channel: PassThrough) => void = () => undefined
    const socket = new LazyDuplex(() => new Promise(resolve => (open = resolve)))
    const closed = new Promise(resolve => socket.once('close', resolve))
    socket.destroy()
    await closed
    open(channel)
    await until(() => channel.destroyed)
  })

  test('what has arrived is read although the channel has closed', async () => {
    const channel = new PassThrough()
    const socket = new LazyDuplex(() => Promise.resolve(channel))
    channel.end(Buffer.alloc(200_000))
    const closed = new Promise(resolve => socket.once('close', resolve))
    let length = 0
    for await (const chunk of socket) length += (chunk as Buffer).length
    await closed
    expect(length).toBe(200_000)
  })
})

test('Slots lets so many in at once, the others in order, and frees a place after an error', async () => {
  const slots = new Slots(2)
  const order: number[] = []
  let inside = 0
  let most = 0
  const work = Array.from({ length: 6 }, (_, i) =>
    slots.run(async () => {
      inside += 1
      most = Math.max(most, inside)
      order.push(i)
      await new Promise(resolve => setImmediate(resolve))
      inside -= 1
      if (i === 1) throw new Error('one fails')
    }),
  )
  const results = await Promise.allSettled(work)
  expect(most).toBe(2)
  expect(order).toEqual([0, 1, 2, 3, 4, 5])
  expect(results.filter(result => result.status === 'rejected')).toHaveLength(1)
})

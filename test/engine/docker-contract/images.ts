import { packTar, unpackTar } from 'modern-tar'
import { expect, test } from 'vitest'
import type { Started } from './helpers.ts'
import { create, refusal, SLEEP, WEB } from './helpers.ts'

const PRIVATE = 'registry.lab:5001/lab/web:1'

/** Pulls, imports, digests, logins. */
export function imageContract(started: Started): void {
  test('I1 a pull streams its progress as lines of JSON and ends with the status', async () => {
    const path = '/images/create?fromImage=registry.lab:5000/lab/web&tag=2'
    const lines = (await started().api('POST', path)).text.trim().split(/\r?\n/)
    const statuses = lines.map(line => String(Object(JSON.parse(line)).status))
    expect(statuses[0]).toBe('Pulling from lab/web')
    expect(statuses.at(-2)).toMatch(/^Digest: sha256:[0-9a-f]{64}$/)
    expect(statuses.at(-1)).toBe('Status: Downloaded newer image for registry.lab:5000/lab/web:2')
    const again = (await started().api('POST', path)).text
    expect(again).toContain('Status: Image is up to date for registry.lab:5000/lab/web:2')
  })

  test('I2 the digest of a tag can be asked for, and is the one that the pulled image has', async () => {
    const digest = await started().docker.resolveDigest(WEB)
    const image = await started().docker.inspectImage(WEB)
    expect(image?.RepoDigests).toEqual([`registry.lab:5000/lab/web@${digest}`])
    expect(image?.RepoTags).toEqual([WEB])
  })

  test('I3 an image pulled by its digest has no tag', async () => {
    const digest = await started().docker.resolveDigest('registry.lab:5000/lab/web:2')
    await started().docker.removeImage('registry.lab:5000/lab/web:2')
    const pinned = `registry.lab:5000/lab/web@${digest}`
    await started().docker.pullImage(pinned)
    expect(await started().docker.inspectImage(pinned)).toMatchObject({ RepoTags: [], RepoDigests: [pinned] })
    await started().docker.removeImage(pinned)
    expect(await started().docker.inspectImage(pinned)).toBeUndefined()
  })

  test('I4 a tag or a digest that the registry does not have is 404', async () => {
    const words =
      /^manifest for registry\.lab:5000\/lab\/web:9 not found: manifest unknown: manifest unknown$/
    await refusal(started(), 404, words, ['POST', '/images/create?fromImage=registry.lab:5000/lab/web&tag=9'])
    const unknown = ['GET', '/distribution/registry.lab:5000/lab/web:9/json'] as const
    await refusal(started(), 404, /manifest unknown/, unknown)
    const digest = `sha256:${'a'.repeat(64)}`
    const pull = started().docker.pullImage(`registry.lab:5000/lab/web@${digest}`)
    await expect(pull).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' })
  })

  test('I5 an image that wants a login is refused without one and with a wrong one', async () => {
    const wrong = { ...started().login, password: 'wrong' }
    for (const auth of [undefined, wrong]) {
      await expect(started().docker.resolveDigest(PRIVATE, auth)).rejects.toMatchObject({
        code: 'IMAGE_UNAUTHORIZED',
      })
      await expect(started().docker.pullImage(PRIVATE, { auth })).rejects.toMatchObject({
        code: 'IMAGE_UNAUTHORIZED',
      })
    }
    const path = '/images/create?fromImage=registry.lab:5001/lab/web&tag=1'
    await refusal(started(), 500, /no basic auth credentials$/, ['POST', path])
  })

  test('I6 an image that wants a login is pulled with it', async () => {
    await started().docker.pullImage(PRIVATE, { auth: started().login })
    const digest = await started().docker.resolveDigest(PRIVATE, started().login)
    const image = await started().docker.inspectImage(PRIVATE)
    expect(image?.RepoDigests).toContain(`registry.lab:5001/lab/web@${digest}`)
    await started().docker.removeImage(PRIVATE)
  })

  test('I7 a tar is imported as an image with labels, whose files a container shows', async () => {
    const tar = await packTar([{ header: { name: 'entry.json', size: 2 }, body: '{}' }])
    const changes = ['LABEL a=b', 'LABEL "c d"="e f" g=h', 'CMD ["/none"]']
    await started().docker.importImage(tar, 'contract/import', 'x', changes)
    const image = await started().docker.inspectImage('contract/import:x')
    expect(image?.Config?.Labels).toEqual({ a: 'b', 'c d': 'e f', g: 'h' })
    const id = await create(started(), 'imported', { Image: 'contract/import:x' })
    const [entry] = await unpackTar(await started().docker.getArchive(id, '/entry.json'))
    expect(Buffer.from(entry?.data ?? '').toString()).toBe('{}')
  })

  test('I8 another import under the same tag takes the tag away from the first', async () => {
    for (const value of ['1', '2']) {
      await started().docker.importImage(new Uint8Array(1024), 'contract/moved', 'x', [
        `LABEL value=${value}`,
      ])
    }
    const image = await started().docker.inspectImage('contract/moved:x')
    expect(image?.Config?.Labels).toEqual({ value: '2' })
    const tagged = (await started().docker.listImages()).filter(i => i.RepoTags?.includes('contract/moved:x'))
    expect(tagged.map(i => i.Id)).toEqual([image?.Id])
  })

  test('I9 a change that is no Dockerfile command is refused with 400', async () => {
    const path = '/images/create?fromSrc=-&repo=contract/bad&tag=x&changes=NONSENSE+a'
    const answer = await started().api('POST', path, new Uint8Array(1024))
    expect(answer.status).toBe(400)
  })

  test('I10 an image that a container has is not removed; one that nobody has is', async () => {
    await started().docker.importImage(new Uint8Array(1024), 'contract/used', 'x', ['CMD ["/none"]'])
    const id = await create(started(), 'user', { Image: 'contract/used:x' })
    const words = /unable to remove repository reference "contract\/used:x" \(must force\)/
    await refusal(started(), 409, words, ['DELETE', '/images/contract/used:x'])
    await started().docker.removeContainer(id)
    expect((await started().api('DELETE', '/images/contract/used:x')).status).toBe(200)
    await refusal(started(), 404, /no such image: contract\/used:x/i, ['DELETE', '/images/contract/used:x'])
  })

  test('I11 an image that is not on the host is 404', async () => {
    await refusal(started(), 404, /no such image: none:1/i, ['GET', '/images/none:1/json'])
  })

  test('I12 the list has every image with its tags and digests', async () => {
    const images = await started().docker.listImages()
    const sleep = images.find(i => i.RepoTags?.includes(SLEEP))
    expect(sleep?.Id).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(sleep?.RepoDigests?.[0]).toMatch(/^registry\.lab:5000\/lab\/sleep@sha256:/)
    expect(sleep?.Size).toBeGreaterThan(0)
  })

  test('I13 a further tag is one more name, and the image goes with its last one', async () => {
    const { docker } = started()
    const digest = await docker.resolveDigest('registry.lab:5000/lab/web:2')
    const pinned = `registry.lab:5000/lab/web@${digest}`
    await docker.pullImage(pinned)
    await docker.tagImage(pinned, 'contract/mark', 'Prod.0123')
    expect(await docker.inspectImage(pinned)).toMatchObject({
      RepoTags: ['contract/mark:Prod.0123'],
      RepoDigests: [pinned],
    })
    await docker.removeImage(pinned)
    expect(await docker.inspectImage('contract/mark:Prod.0123')).toMatchObject({ RepoDigests: [] })
    await docker.removeImage('contract/mark:Prod.0123')
    expect((await docker.listImages()).filter(i => i.RepoTags?.includes('contract/mark:Prod.0123'))).toEqual(
      [],
    )
    await refusal(started(), 404, /no such image/i, [
      'POST',
      `/images/${pinned}/tag?repo=contract/mark&tag=x`,
    ])
  })
}

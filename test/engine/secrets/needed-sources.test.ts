import { describe, expect, it } from 'vitest'
import { neededSources } from '../../../engine/secrets/needed-sources.ts'
import { document, instances } from '../../support/worlds.ts'

const app = (parts: object) => ({ name: 'app', image: 'app:1', ...parts })
const secret = (name: string, valueFrom: string, more: object = {}) => ({ name, valueFrom, ...more })

/** Each source with its uses and its users. */
function needed(parts: Record<string, unknown>): [string, string[], readonly string[]][] {
  const all = neededSources(document({ containerInstances: instances('a'), ...parts }))
  return all.map(({ source, uses, users }) => [source, [...uses], users])
}

describe('the sources that a document needs', () => {
  it('are all that its containers name, each with what its value becomes and for whom', () => {
    const web = {
      containerDefinitions: [
        app({
          secrets: [secret('DB', 'env:DB'), secret('key.pem', 'file:key', { deliverAs: 'file' })],
          environmentFiles: [{ value: 'web.env' }],
          logConfiguration: {
            logDriver: 'splunk',
            options: { 'splunk-url': 'https://splunk' },
            secretOptions: [secret('splunk-token', 'env:TOKEN')],
          },
          repositoryCredentials: { credentialsParameter: 'env:LOGIN' },
        }),
      ],
    }
    expect(needed({ taskDefinitions: { web }, services: { web: { taskDefinition: 'web' } } })).toEqual([
      ['env:DB', ['environment'], ['secret DB of web/app']],
      ['env:LOGIN', ['registry login'], ['registry login of web/app']],
      ['env:TOKEN', ['log option'], ['log option splunk-token of web/app']],
      ['file:key', ['file'], ['secret key.pem of web/app']],
      ['file:web.env', ['environment file'], ['environment file web.env of web/app']],
    ])
  })

  it('are none where nothing is secret', () => {
    const plain = [app({ logConfiguration: { logDriver: 'json-file' } }), app({ name: 'other' })]
    const parts = { taskDefinitions: { web: { containerDefinitions: plain } } }
    expect(needed({ ...parts, services: { web: { taskDefinition: 'web' } } })).toEqual([])
  })

  it('are each there once, with all its uses and users, however many services share a task definition', () => {
    const one = { containerDefinitions: [app({ secrets: [secret('DB', 'env:X')] })] }
    const two = { containerDefinitions: [app({ secrets: [secret('db', 'env:X', { deliverAs: 'file' })] })] }
    const services = {
      c: { taskDefinition: 'two' },
      b: { taskDefinition: 'one' },
      a: { taskDefinition: 'one' },
    }
    expect(needed({ taskDefinitions: { two, one }, services })).toEqual([
      ['env:X', ['environment', 'file'], ['secret DB of one/app', 'secret db of two/app']],
    ])
  })

  it('are a log router’s where the container’s output goes to one', () => {
    const web = {
      containerDefinitions: [
        app({
          logConfiguration: {
            logDriver: 'awsfirelens',
            options: { Name: 'datadog' },
            secretOptions: [secret('key', 'env:KEY')],
          },
        }),
        { name: 'router', image: 'fluent-bit:1', firelensConfiguration: { type: 'fluentbit' } },
      ],
    }
    expect(needed({ taskDefinitions: { web }, services: { web: { taskDefinition: 'web' } } })).toEqual([
      ['env:KEY', ['router option'], ['log option key of web/app']],
    ])
  })

  it('are not those of a task definition that nothing runs', () => {
    const taskDefinitions = { idle: { containerDefinitions: [app({ secrets: [secret('DB', 'env:X')] })] } }
    expect(needed({ taskDefinitions })).toEqual([])
  })

  it('are also those of a task that runs once, as its overrides leave them', () => {
    const job = { containerDefinitions: [app({ secrets: [secret('A', 'env:A'), secret('B', 'env:B')] })] }
    const plain = { environment: [{ name: 'A', value: 'x' }], name: 'app' }
    const tasks = { job: { taskDefinition: 'job', overrides: { containerOverrides: [plain] } } }
    expect(needed({ taskDefinitions: { job }, tasks })).toEqual([
      ['env:B', ['environment'], ['secret B of job/app']],
    ])
  })
  it('name a user once that a service and a task that runs once have both', () => {
    const both = { containerDefinitions: [app({ secrets: [secret('A', 'env:A')] })] }
    const runs = { taskDefinition: 'both' }
    expect(needed({ taskDefinitions: { both }, services: { web: runs }, tasks: { job: runs } })).toEqual([
      ['env:A', ['environment'], ['secret A of both/app']],
    ])
  })
})

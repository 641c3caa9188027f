import { expect, it } from 'vitest'
import { sourcesFor } from '../../../engine/ecs-fields/names-aws.ts'
import { parseSource } from '../../../engine/secrets/source.ts'

const ID = 'arn:aws:secretsmanager:eu-west-1:1:secret:rds!cluster-4b3e-fSJVrq'
const READ = `aws secretsmanager get-secret-value --secret-id ${ID} --query SecretString --output text`
const PARAMETER = (name: string) =>
  `aws ssm get-parameter --with-decryption --name ${name} --query Parameter.Value --output text`

it.each([
  [ID, READ],
  [`${ID}:password::`, `sh -c "${READ} | jq -r .password"`],
  [`${ID}:::`, READ],
  ['arn:aws:ssm:eu-west-1:1:parameter/prod/db', PARAMETER('/prod/db')],
  ['/prod/db', PARAMETER('/prod/db')],
  ['db.PASSWORD', PARAMETER('db.PASSWORD')],
])('%s is told as a command that reads it, which is a source', (valueFrom, command) => {
  const told = sourcesFor({ name: 'DB', valueFrom })
  expect(told).toBe(
    `Name a source: env:DB, file:PATH, age:PATH#KEY or exec:COMMAND. exec:${command} keeps it at AWS.`,
  )
  expect(parseSource(`exec:${command}`)).toMatchObject({ ok: true })
})

it.each(['$SECRET', 'a b', "'; rm -rf /", '{{ x }}', '$(x)', '`x`', '<ARN>', `${ID}:a"b::`, `${ID}:a;b::`])(
  '%s is no name to make a command of',
  valueFrom => {
    expect(sourcesFor({ name: 'DB', valueFrom })).toBe(
      'Name a source: env:DB, file:PATH, age:PATH#KEY or exec:COMMAND.',
    )
  },
)

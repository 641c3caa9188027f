import type {
  BaseLogDriverProps,
  FireLensLogDriverProps,
  FluentdLogDriverProps,
  GelfLogDriverProps,
  GenericLogDriverProps,
  JournaldLogDriverProps,
  JsonFileLogDriverProps,
  SplunkLogDriverProps,
  SyslogLogDriverProps,
} from './log-driver.ts'
import { SECRET } from './secret-shape.ts'
import { flag, map, number, props, required, type Shapes, text, textMap, texts, unquoted } from './shape.ts'

const BASE: Shapes<BaseLogDriverProps> = { tag: text, labels: texts, env: texts, envRegex: text }

export const JSON_FILE = props<JsonFileLogDriverProps>({
  ...BASE,
  maxSize: text,
  maxFile: number,
  compress: flag,
})

export const JOURNALD = props<JournaldLogDriverProps>(BASE)

export const SYSLOG = props<SyslogLogDriverProps>({
  ...BASE,
  address: text,
  facility: text,
  format: text,
  tlsCaCert: text,
  tlsCert: text,
  tlsKey: text,
  tlsSkipVerify: flag,
})

export const GELF = props<GelfLogDriverProps>({
  ...BASE,
  address: required(text),
  compressionType: text,
  compressionLevel: number,
  tcpMaxReconnect: number,
  tcpReconnectDelay: number,
})

export const FLUENTD = props<FluentdLogDriverProps>({
  ...BASE,
  address: text,
  async: flag,
  bufferLimit: text,
  retryWait: text,
  maxRetries: number,
  subSecondPrecision: flag,
})

export const SPLUNK = unquoted(
  props<SplunkLogDriverProps>({
    ...BASE,
    url: required(text),
    secretToken: SECRET,
    token: text,
    source: text,
    sourceType: text,
    index: text,
    caPath: text,
    caName: text,
    insecureSkipVerify: flag,
    format: text,
    verifyConnection: flag,
    gzip: flag,
    gzipLevel: number,
  }),
)

export const FIRELENS_DRIVER = unquoted(
  props<FireLensLogDriverProps>({
    options: textMap,
    secretOptions: map(SECRET),
  }),
)

export const GENERIC = unquoted(
  props<GenericLogDriverProps>({
    logDriver: required(text),
    options: textMap,
    secretOptions: map(SECRET),
  }),
)

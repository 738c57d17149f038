<?php
// Client of the API for companies' programs: İzin's, and İYS's, which has the same calls. PHP 8.1, no extension but json.
declare(strict_types=1);

namespace Izin;

/** An answer of 400 and more. $faults: arrays of code, message, and location, value, index where they are known. */
class ApiError extends \RuntimeException
{
    public function __construct(public readonly int $status, public readonly array $faults, public readonly ?int $retryAfter = null)
    {
        $words = array_map(fn (array $one): string => $one['code'] . ' ' . ($one['message'] ?? ''), $faults);
        parent::__construct($status . ': ' . (implode('; ', $words) ?: 'no code'));
    }

    /** @return string[] */
    public function codes(): array
    {
        return array_column($this->faults, 'code');
    }
}

/** The post is not the registry's, or is too old. Answer 401 and store nothing. */
class BadPush extends \RuntimeException
{
}

/** One user of the API, one provider, one brand. */
class Client
{
    private const MOST = 1000; // consents in a list, addresses in a query, movements on a page
    private const AHEAD = 60; // seconds before its end at which a token is renewed
    private const TRY_AGAIN = [429, 500, 502, 503, 504];
    private string $brand;
    private ?array $tokens = null;

    /**
     * $tokenFile: keeps the tokens for the next run, because at most 100 an hour may be taken (H084); only its owner may
     * read it. $maxWait: the most seconds that a call waits for one Retry-After; longer ones throw.
     */
    public function __construct(
        private string $baseUrl,
        private string $username,
        private string $password,
        int $iysCode,
        int $brandCode,
        private ?string $tokenFile = null,
        private int $tries = 6,
        private int $maxWait = 3600,
        private int $timeout = 30,
    ) {
        $this->baseUrl = rtrim($baseUrl, '/');
        $this->brand = "/sps/$iysCode/brands/$brandCode";
    }

    /** As the API writes moments: Türkiye's wall clock. */
    public static function turkishTime(\DateTimeInterface $at): string
    {
        return (new \DateTimeImmutable('@' . $at->getTimestamp()))->setTimezone(new \DateTimeZone('+03:00'))->format('Y-m-d H:i:s');
    }

    /** Declares one consent or refusal; a repeat gets the first one's answer. */
    public function add(array $consent, ?string $idempotencyKey = null): array
    {
        return $this->post("/v2$this->brand/consents", $consent, $idempotencyKey);
    }

    /**
     * Queues any number of consents, in parts of a thousand; items of a wrong form do not stop the others. Accepted is not
     * stored: awaitResults has what came of each.
     * @return array{requests: list<array{requestId: string, indexes: int[]}>, rejected: array<int, array>}
     */
    public function sendList(array $consents): array
    {
        $sent = ['requests' => [], 'rejected' => []];
        foreach (array_chunk(array_keys($consents), self::MOST) as $indexes) {
            while ($indexes) {
                try {
                    $body = array_map(fn (int $index): array => $consents[$index], $indexes);
                    $answer = $this->post("/v2$this->brand/consents/request", $body);
                    $sent['requests'][] = ['requestId' => $answer['requestId'], 'indexes' => $indexes];
                    break;
                } catch (ApiError $error) {
                    $places = array_column($error->faults, 'index');
                    if (!in_array($error->status, [403, 422], true) || !$places || count($places) < count($error->faults)) {
                        throw $error;
                    }
                    foreach ($error->faults as $fault) {
                        $sent['rejected'][$indexes[$fault['index']]][] = $fault;
                    }
                    $indexes = array_values(array_diff_key($indexes, array_flip($places)));
                }
            }
        }
        return $sent;
    }

    /**
     * By the place in the list that was given: ['stored' => true, 'transactionId' => …], ['stored' => false, 'code' => …,
     * 'message' => …], or ['stored' => null] for what is not stored after $timeout seconds: ask again later.
     */
    public function awaitResults(array $sent, int $timeout = 600): array
    {
        $found = array_map(fn (array $faults): array => ['stored' => false] + $faults[0], $sent['rejected']);
        $end = time() + $timeout;
        foreach ($sent['requests'] as $request) {
            for ($pause = 1; ; $pause = min($pause * 2, 60)) {
                $results = $this->results($request);
                if (time() >= $end || !in_array(null, array_column($results, 'stored'), true)) {
                    break;
                }
                sleep(min($pause, max(1, $end - time())));
            }
            $found += $results;
        }
        ksort($found);
        return $found;
    }

    /** The results of one part as they are now. */
    public function results(array $request): array
    {
        $answer = array_column($this->get("/v2$this->brand/consents/request/" . $request['requestId']), null, 'index');
        $found = [];
        foreach ($request['indexes'] as $place => $index) {
            $item = $answer[$place] ?? ['status' => 'enqueue'];
            $found[$index] = match ($item['status']) {
                'success' => ['stored' => true, 'transactionId' => $item['transactionId']],
                'failure' => ['stored' => false] + $item['error'],
                default => ['stored' => null],
            };
        }
        return $found;
    }

    /** Empty for a recipient without a record, which has no consent. */
    public function status(string $recipient, string $type, string $recipientType = 'BIREYSEL'): array
    {
        return $this->post("$this->brand/consents/status", compact('recipient', 'type', 'recipientType'));
    }

    /** Those with ONAY, as they were given. Send nothing to the others. @return string[] */
    public function approved(array $recipients, string $type, string $recipientType = 'BIREYSEL'): array
    {
        $found = [];
        foreach (array_chunk($recipients, self::MOST) as $part) {
            $answer = $this->post("$this->brand/consents/$recipientType/status/$type", ['recipients' => $part]);
            array_push($found, ...$answer['list']);
        }
        return $found;
    }

    /**
     * Pages of movements from a cursor on, the oldest first: ['after' => …, 'list' => …]. Store a page's movements, then
     * save its after, then take the next one.
     */
    public function changes(?string $after = null, string $source = 'IYS', int $limit = self::MOST): \Generator
    {
        while (true) {
            $query = http_build_query(compact('source', 'limit') + ($after === null ? [] : compact('after')));
            $page = $this->get("$this->brand/consents/changes?$query");
            if (!$page || !$page['list']) {
                return;
            }
            $after = $page['after'];
            yield $page;
        }
    }

    /** Any GET of the API; [] for 204. */
    public function get(string $path): mixed
    {
        return $this->call('GET', $path, null, []);
    }

    /** Any POST. Every try bears the same Idempotency-Key, so a repeat after a lost answer does nothing again. */
    public function post(string $path, array $body, ?string $idempotencyKey = null): mixed
    {
        return $this->call('POST', $path, $body, ['Idempotency-Key: ' . ($idempotencyKey ?? bin2hex(random_bytes(16)))]);
    }

    private function call(string $method, string $path, ?array $body, array $headers): mixed
    {
        for ($renewed = false; ; $renewed = true) {
            $token = $this->token();
            try {
                return $this->tried($method, $path, $body, [...$headers, "Authorization: Bearer $token"]);
            } catch (ApiError $error) {
                if ($error->status !== 401 || $renewed) {
                    throw $error;
                }
                $this->tokens['accessUntil'] = 0; // it was ended before its time: once with a new one
            }
        }
    }

    private function token(): string
    {
        if ($this->tokens === null && $this->tokenFile !== null && is_file($this->tokenFile)) {
            $this->tokens = json_decode((string) file_get_contents($this->tokenFile), true);
        }
        if (time() < ($this->tokens['accessUntil'] ?? 0) - self::AHEAD) {
            return $this->tokens['access'];
        }
        $this->tokens = $this->renewed() ?? $this->takeTokens(
            ['grant_type' => 'password', 'username' => $this->username, 'password' => $this->password]
        );
        if ($this->tokenFile !== null) {
            // Written beside and renamed: a crash leaves the old pair or the new one, never half of one.
            $beside = tempnam(dirname($this->tokenFile), 'izin'); // mode 0600
            file_put_contents($beside, json_encode($this->tokens));
            rename($beside, $this->tokenFile);
        }
        return $this->tokens['access'];
    }

    /** Null where the refresh token is spent or ended, so that the password has to do it. */
    private function renewed(): ?array
    {
        if (time() >= ($this->tokens['refreshUntil'] ?? 0) - self::AHEAD) {
            return null;
        }
        try {
            return $this->takeTokens(['grant_type' => 'refresh_token', 'refresh_token' => $this->tokens['refresh']]);
        } catch (ApiError $error) {
            if ($error->status !== 400) {
                throw $error;
            }
            return null;
        }
    }

    private function takeTokens(array $fields): array
    {
        $now = time();
        // The key makes a repeat safe: a refresh token that is used twice would end all tokens of its password.
        $answer = $this->tried('POST', '/oauth2/token', $fields, ['Idempotency-Key: ' . bin2hex(random_bytes(16))]);
        return [
            'access' => $answer['access_token'],
            'refresh' => $answer['refresh_token'],
            'accessUntil' => $now + $answer['expires_in'],
            'refreshUntil' => $now + $answer['refresh_expires_in'],
        ];
    }

    private function tried(string $method, string $path, ?array $body, array $headers): mixed
    {
        $content = $body === null ? '' : json_encode($body, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE);
        $http = [
            'method' => $method,
            'header' => [...$headers, 'Content-Type: application/json', 'Connection: close'],
            'content' => $content,
            'ignore_errors' => true,
            'timeout' => $this->timeout,
            'follow_location' => 0,
        ];
        $pause = 0.5;
        for ($left = $this->tries - 1; ; $left--) {
            $stream = @fopen($this->baseUrl . $path, 'r', false, stream_context_create(['http' => $http]));
            $answer = $stream === false ? false : stream_get_contents($stream);
            $given = $stream === false ? [] : stream_get_meta_data($stream)['wrapper_data'];
            $status = (int) (explode(' ', $given[0] ?? '')[1] ?? 0);
            if ($answer !== false && $status >= 200 && $status < 400) {
                return $answer === '' ? [] : json_decode($answer, true, 512, JSON_THROW_ON_ERROR);
            }
            $error = new ApiError($status, self::faults((string) $answer), self::retryAfter($given));
            if (!$left || ($status !== 0 && !in_array($status, self::TRY_AGAIN, true)) || $error->retryAfter > $this->maxWait) {
                throw $error;
            }
            // Programs that failed together must not come back together.
            $jitter = 0.5 + mt_rand() / mt_getrandmax();
            usleep((int) (1e6 * ($error->retryAfter === null ? $pause * $jitter : $error->retryAfter + $jitter)));
            $pause = min($pause * 2, 30);
        }
    }

    /** İYS writes errors as a list and as one object, OAuth has a word. */
    private static function faults(string $body): array
    {
        $read = json_decode($body, true);
        if (is_array($read) && is_string($read['error'] ?? null)) {
            return [['code' => $read['error'], 'message' => $read['error_description'] ?? '']];
        }
        $errors = $read['subSystemErrorInfo']['errors'] ?? $read['errors'] ?? [];
        return isset($errors['code']) ? [$errors] : $errors;
    }

    private static function retryAfter(array $headers): ?int
    {
        foreach ($headers as $line) {
            if (preg_match('/^retry-after:\s*(\d+)$/i', $line, $found)) {
                return (int) $found[1];
            }
        }
        return null;
    }
}

/**
 * Checks that a post comes from the registry; both throw BadPush, and InvalidArgumentException where your own settings
 * prove nothing: an empty name or password, a secret under 24 bytes.
 */
class Push
{
    public static function verifyBasic(string $authorization, string $username, string $password): void
    {
        if ($username === '' || $password === '') {
            throw new \InvalidArgumentException("the push connection's name or password is not set");
        }
        if (!hash_equals('Basic ' . base64_encode("$username:$password"), $authorization)) {
            throw new BadPush('wrong user or password');
        }
    }

    /**
     * The post's id, the same for each repeat of it (Standard Webhooks 1.0.0). $secrets: "whsec_…", several while one takes
     * another's place; $body: the bytes as they came.
     * @param string[] $secrets
     */
    public static function verifySignature(array $secrets, array $headers, string $body, int $tolerance = 300, ?int $now = null): string
    {
        $keys = array_map(self::key(...), $secrets);
        $headers = array_change_key_case($headers);
        [$id, $moment] = [$headers['webhook-id'] ?? '', $headers['webhook-timestamp'] ?? ''];
        if ($id === '' || !ctype_digit($moment) || abs(($now ?? time()) - (int) $moment) > $tolerance) {
            throw new BadPush('no id, or the timestamp is too old or too new');
        }
        foreach (explode(' ', $headers['webhook-signature'] ?? '') as $given) {
            foreach ($keys as $key) {
                $own = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$moment.$body", $key, true));
                if (hash_equals($own, $given)) {
                    return $id;
                }
            }
        }
        throw new BadPush('no signature fits');
    }

    private static function key(string $secret): string
    {
        $key = (string) base64_decode(preg_replace('/^whsec_/', '', $secret), true);
        if (strlen($key) < 24) {
            throw new \InvalidArgumentException('the signing secret is not set or not whole');
        }
        return $key;
    }
}

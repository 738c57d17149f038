<?php
// A company's day against the site that the environment names; prints “done”.
declare(strict_types=1);

require __DIR__ . '/Izin.php';

function same(mixed $found, mixed $wanted): void
{
    if ($found !== $wanted) {
        throw new \RuntimeException(json_encode(compact('found', 'wanted'), JSON_PRETTY_PRINT));
    }
}

function consent(int $number, array $other = []): array
{
    return $other + [
        'recipient' => sprintf('+9053200000%02d', $number),
        'recipientType' => 'BIREYSEL',
        'type' => 'MESAJ',
        'status' => 'ONAY',
        'source' => 'HS_WEB',
        'consentDate' => '2026-11-23 10:15:00',
    ];
}

function refused(callable $work, string $class): \Throwable
{
    try {
        $work();
    } catch (\Throwable $error) {
        same(get_class($error), $class);
        return $error;
    }
    throw new \RuntimeException("no $class");
}

[$url, $user, $password, $brand] = array_map(getenv(...), ['IZIN_URL', 'IZIN_USER', 'IZIN_PASSWORD', 'IZIN_BRAND']);
$file = sys_get_temp_dir() . '/izin-smoke-' . getmypid() . '.json';
$open = fn (): Izin\Client => new Izin\Client($url, $user, $password, (int) $brand, (int) $brand, $file);

$slash = new Izin\Client("$url/", $user, $password, (int) $brand, (int) $brand);
same($slash->status('+905320000099', 'MESAJ'), []);
$izin = $open();
$one = $izin->add(consent(1));
same($izin->add(consent(1)), $one);
same(fileperms($file) & 0777, 0600);
$kept = file_get_contents($file);
same($open()->status('+905320000001', 'MESAJ')['transactionId'], $one['transactionId']);
same(file_get_contents($file), $kept); // the next run takes no token

$rows = [consent(2), consent(3, ['type' => 'FAKS']), consent(4, ['status' => 'RET']), consent(5, ['consentDate' => '2026-11-10 10:00:00'])];
$sent = $izin->sendList($rows);
same(array_keys($sent['rejected']), [1]);
$results = $izin->awaitResults($sent, 60);
same(array_map(fn (array $one): array => [$one['stored'], $one['code'] ?? ''], $results), [[true, ''], [false, 'H117'], [true, ''], [false, 'H467']]);
same($izin->approved(['+905320000001', '+905320000004', '+905320000009'], 'MESAJ'), ['+905320000001']);
same($izin->status('+905320000099', 'MESAJ'), []);
$pages = iterator_to_array($izin->changes(null, 'HS', 2));
same(array_map(fn (array $page): int => count($page['list']), $pages), [2, 1]);
same(iterator_to_array($izin->changes($pages[1]['after'], 'HS')), []);

$error = refused(fn () => $izin->add(consent(6, ['status' => 'BELKI'])), Izin\ApiError::class);
same([$error->status, $error->codes()], [422, ['H115']]);
$wrong = new Izin\Client($url, $user, 'x', (int) $brand, (int) $brand);
same(refused(fn () => $wrong->get("/sps/$brand/brands"), Izin\ApiError::class)->codes(), ['invalid_request']);

$tokens = json_decode($kept, true);
file_put_contents($file, json_encode(['accessUntil' => 0] + $tokens));
$open()->status('+905320000001', 'MESAJ'); // renewed by the refresh token
same(json_decode(file_get_contents($file), true)['refresh'] !== $tokens['refresh'], true);
file_put_contents($file, json_encode(['access' => 'ended'] + $tokens));
$open()->status('+905320000001', 'MESAJ'); // refused, and taken anew
unlink($file);

same(Izin\Client::turkishTime(new DateTime('2026-11-23T22:15:00Z')), '2026-11-24 01:15:00');
$headers = [
    'Webhook-Id' => 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'Webhook-Timestamp' => '1614265330',
    'Webhook-Signature' => 'v1,x v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
];
$secret = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'];
same(Izin\Push::verifySignature($secret, $headers, '{"test": 2432232314}', 300, 1614265330), 'msg_p5jXN8AQM9LWM0D4loKWxJek');
refused(fn () => Izin\Push::verifySignature($secret, $headers, '{"test": 2432232315}', 300, 1614265330), Izin\BadPush::class);
refused(fn () => Izin\Push::verifySignature($secret, $headers, '{"test": 2432232314}'), Izin\BadPush::class);
foreach (['', 'whsec_', 'whsec_AAAA', 'whsec_***'] as $none) { // a key that everybody knows
    $forged = ['webhook-id' => 'm', 'webhook-timestamp' => '1614265330'];
    $forged['webhook-signature'] = 'v1,' . base64_encode(hash_hmac('sha256', 'm.1614265330.{}', '', true));
    refused(fn () => Izin\Push::verifySignature([$none], $forged, '{}', 300, 1614265330), InvalidArgumentException::class);
}
refused(fn () => Izin\Push::verifyBasic('Basic Og==', '', ''), InvalidArgumentException::class);
refused(fn () => Izin\Push::verifyBasic('Basic a2FuYXJ5YTo=', 'kanarya', ''), InvalidArgumentException::class);
Izin\Push::verifyBasic('Basic a2FuYXJ5YTpwYXJvbGEtxJ8=', 'kanarya', 'parola-ğ');
refused(fn () => Izin\Push::verifyBasic('Basic a2FuYXJ5YTp4', 'kanarya', 'parola-ğ'), Izin\BadPush::class);
echo "done\n";

<?php
/**
 * Brings words to İzin: lists in batches, their results, their evidence.
 *
 * @package Izin
 */

defined( 'ABSPATH' ) || exit;

// phpcs:disable WordPress.DB.DirectDatabaseQuery, WordPress.DB.PreparedSQL.InterpolatedNotPrepared -- own tables, whose names hold no input.

/**
 * States of a word: unproven (its person has yet to confirm the address), waiting, sent (İzin has the list and no
 * result yet), stored (evidence is still to go), done, failed. What is done leaves the queue after a day.
 */
class Izin_Queue {

	const MOST = 1000; // Items of a list, İzin's limit.
	const WAIT = array( 60, 120, 300, 600, 900 ); // Seconds after one fault, two …

	/**
	 * Hooks.
	 */
	public static function hooks() {
		add_filter( 'cron_schedules', array( __CLASS__, 'schedules' ) ); // phpcs:ignore WordPress.WP.CronInterval
		add_action( 'init', array( __CLASS__, 'schedule' ) );
		add_action( 'izin_work', array( __CLASS__, 'work' ) );
	}

	/**
	 * Adds an interval: refusals are to be known within a minute.
	 *
	 * @param array $schedules Those that there are.
	 * @return array
	 */
	public static function schedules( $schedules ) {
		$schedules['izin_often'] = array(
			'interval' => 30,
			'display'  => __( 'Every 30 seconds (İzin)', 'izin' ),
		);
		return $schedules;
	}

	/**
	 * Schedules the work.
	 */
	public static function schedule() {
		$next = wp_next_scheduled( 'izin_work' );
		if ( $next > time() + HOUR_IN_SECONDS ) { // The clock was set back.
			wp_clear_scheduled_hook( 'izin_work' );
			$next = false;
		}
		if ( ! $next ) {
			wp_schedule_event( time(), 'izin_often', 'izin_work' );
		}
	}

	/**
	 * Ends it. What waits is sent before: after the plugin nobody would.
	 */
	public static function unschedule() {
		self::resume();
		self::work();
		wp_clear_scheduled_hook( 'izin_work' );
	}

	/**
	 * Queues a word. Returns its number.
	 *
	 * @param string $channel EPOSTA, MESAJ or ARAMA.
	 * @param string $address As somebody wrote it.
	 * @param string $word    ONAY or RET.
	 * @param string $form    Which form, at most 64 letters.
	 * @param array  $more    state, proof, page, forget.
	 * @return int 0 where the address is none, or the database did not keep it.
	 */
	public static function add( $channel, $address, $word, $form, $more = array() ) {
		global $wpdb;
		$address = Izin_Store::canonical( $channel, $address );
		if ( '' === $address ) {
			return 0;
		}
		$wpdb->insert(
			"{$wpdb->prefix}izin_queue",
			array_merge(
				array(
					'channel'  => $channel,
					'address'  => $address,
					'word'     => $word,
					'happened' => gmdate( 'Y-m-d H:i:s' ),
					'form'     => $form,
					'page'     => '',
					'wording'  => 'ONAY' === $word ? Izin_Settings::get( "wording_$channel" ) : '',
					'version'  => 'ONAY' === $word ? Izin_Settings::version( $channel ) : '',
					'state'    => 'waiting',
					'fault'    => '',
				),
				$more
			)
		);
		$id = (int) $wpdb->insert_id;
		// The newer word of a person takes the place of one that has not left yet, once it is kept itself. An unproven word may be
		// a stranger's: it takes the place of unproven ones only.
		$proven = isset( $more['state'] ) && 'unproven' === $more['state'] ? '' : " OR (state = 'waiting' AND batch = '')";
		$wpdb->query(
			$wpdb->prepare(
				"DELETE FROM {$wpdb->prefix}izin_queue WHERE id < %d AND channel = %s AND address = %s AND (state = 'unproven'$proven)",
				$id,
				$channel,
				$address
			)
		);
		return $id;
	}

	/**
	 * Queues a refusal and sends it at once; what does not arrive goes with the next list.
	 *
	 * @param string $channel EPOSTA, MESAJ or ARAMA.
	 * @param string $address The address.
	 * @param string $form    Which form.
	 */
	public static function refuse_now( $channel, $address, $form ) {
		$id  = self::add( $channel, $address, 'RET', $form );
		$row = $id ? self::row( $id ) : null;
		if ( ! $row || ! Izin_Settings::complete() || self::is_paused() ) {
			return;
		}
		// A run of the queue may send it too: for the second version of the call a repeat is no fault.
		$answer = Izin_Client::brand( 'POST', '/consents', self::item( $row ), "refusal-$row->id-$row->happened", 4, '/v2' );
		if ( 200 === $answer['status'] && ! empty( $answer['body']['transactionId'] ) ) {
			self::seen();
			self::stored( $row, $answer['body']['transactionId'], $answer['body']['creationDate'] );
		}
	}

	/**
	 * One run: refusals from İzin first, then words to it. A second run beside it ends at once.
	 */
	public static function work() {
		self::clean();
		if ( ! Izin_Settings::complete() || self::is_paused() || ! self::lock() ) {
			return;
		}
		try {
			// A fault of sending must not keep refusals away: it has a pause of its own.
			if ( ! Izin_Feed::poll() || self::is_paused( '_send' ) || ! self::results() || ! self::send() ) {
				return;
			}
			delete_option( 'izin_fault_send' );
			if ( self::evidence() ) {
				Izin_Feed::poll(); // What was stored shows in the feed.
			}
		} finally {
			delete_option( 'izin_lock' );
		}
	}

	/**
	 * Takes the lock, or that of a run that died, also where the clock was set back since.
	 *
	 * @return bool
	 */
	private static function lock() {
		global $wpdb;
		$wpdb->query( $wpdb->prepare( "DELETE FROM $wpdb->options WHERE option_name = 'izin_lock' AND (option_value < %d OR option_value > %d)", time() - 600, time() + 600 ) );
		wp_cache_delete( 'izin_lock', 'options' );
		return 1 === (int) $wpdb->query( $wpdb->prepare( "INSERT IGNORE INTO $wpdb->options (option_name, option_value, autoload) VALUES ('izin_lock', %s, 'no')", time() ) );
	}

	/**
	 * Keeps words for one registry and brand from reaching another: whether they belong there, the administrator decides.
	 */
	public static function park() {
		global $wpdb;
		$wpdb->query( "DELETE FROM {$wpdb->prefix}izin_queue WHERE state = 'unproven'" );
		$wpdb->query(
			$wpdb->prepare(
				"UPDATE {$wpdb->prefix}izin_queue SET state = 'failed', batch = '', place = 0, request = '', transaction = '', code = '', fault = %s WHERE state IN ('waiting','sent','stored')",
				__( 'Given before the address of İzin, the company or the brand was changed. Send it again only if it belongs there.', 'izin' )
			)
		);
	}

	/**
	 * Removes what nobody needs: unconfirmed words after two days, done ones after a day.
	 */
	private static function clean() {
		global $wpdb;
		$wpdb->query(
			$wpdb->prepare(
				"DELETE FROM {$wpdb->prefix}izin_queue WHERE (state = 'unproven' AND happened < %s) OR (state = 'done' AND happened < %s)",
				gmdate( 'Y-m-d H:i:s', time() - 2 * DAY_IN_SECONDS ),
				gmdate( 'Y-m-d H:i:s', time() - DAY_IN_SECONDS )
			)
		);
	}

	/**
	 * Sends what waits, a list at a time.
	 *
	 * @return bool Whether İzin answers.
	 */
	private static function send() {
		for ( $lists = 0; $lists < 20; $lists++ ) {
			$rows = self::next_batch();
			if ( ! $rows ) {
				return true;
			}
			$answer = Izin_Client::brand( 'POST', '/consents/request', array_map( array( __CLASS__, 'item' ), $rows ), $rows[0]->batch, 30, '/v2' );
			if ( 202 === $answer['status'] && ! empty( $answer['body']['requestId'] ) ) {
				self::accepted( $rows, $answer['body']['requestId'] );
			} elseif ( Izin_Client::passes( $answer ) ) {
				// The list stays as it is, so that its key keeps it from being stored twice.
				self::pause( $answer, '_send' );
				return false;
			} elseif ( ! self::faulty( $rows, Izin_Client::faulty( $answer ) ) ) {
				self::split( $rows, $answer );
			}
		}
		return true;
	}

	/**
	 * The list that was begun, so that it is repeated as it was, or a new one.
	 *
	 * @return array Rows by place.
	 */
	private static function next_batch() {
		global $wpdb;
		$table = "{$wpdb->prefix}izin_queue";
		$batch = $wpdb->get_var( "SELECT batch FROM $table WHERE state = 'waiting' AND batch <> '' ORDER BY id LIMIT 1" );
		if ( ! $batch ) {
			// A key stands in a list once: of two words of one person the second goes with the next.
			$rows = $wpdb->get_results(
				$wpdb->prepare(
					"SELECT MIN(id) AS id FROM $table WHERE state = 'waiting' AND batch = '' GROUP BY channel, address ORDER BY MIN(id) LIMIT %d",
					self::MOST
				)
			);
			if ( ! $rows ) {
				return array();
			}
			$batch = wp_generate_uuid4();
			$place = 0;
			foreach ( $rows as $row ) {
				++$place;
				$wpdb->update( $table, compact( 'batch', 'place' ), array( 'id' => $row->id, 'state' => 'waiting' ) );
			}
		}
		return $wpdb->get_results( $wpdb->prepare( "SELECT * FROM $table WHERE state = 'waiting' AND batch = %s ORDER BY place", $batch ) );
	}

	/**
	 * A row as İzin takes it.
	 *
	 * @param object $row Of the queue.
	 * @return array
	 */
	public static function item( $row ) {
		$when = new DateTimeImmutable( $row->happened, new DateTimeZone( 'UTC' ) );
		return array(
			'recipient'     => $row->address,
			'recipientType' => 'BIREYSEL',
			'type'          => $row->channel,
			'status'        => $row->word,
			'source'        => 'HS_WEB',
			'consentDate'   => $when->setTimezone( new DateTimeZone( 'Europe/Istanbul' ) )->format( 'Y-m-d H:i:s' ),
		);
	}

	/**
	 * İzin has the list; that does not mean yet that it stored each item.
	 *
	 * @param array  $rows    Rows by place.
	 * @param string $request İzin's requestId.
	 */
	private static function accepted( $rows, $request ) {
		global $wpdb;
		self::seen();
		$state = 'sent';
		$place = 0; // Results name an item by its index, from 0.
		foreach ( $rows as $row ) {
			$wpdb->update( "{$wpdb->prefix}izin_queue", compact( 'request', 'state', 'place' ), array( 'id' => $row->id ) );
			++$place;
		}
	}

	/**
	 * A fault of form in any item refuses the whole list: the faulty ones leave it.
	 *
	 * @param array $rows   Rows by place.
	 * @param array $faults By place.
	 * @return bool Whether any item was named.
	 */
	private static function faulty( $rows, $faults ) {
		global $wpdb;
		$faults = array_intersect_key( $faults, $rows );
		foreach ( $faults as $place => $fault ) {
			self::failed( $rows[ $place ], $fault );
		}
		if ( $faults ) {
			$wpdb->query( $wpdb->prepare( "UPDATE {$wpdb->prefix}izin_queue SET batch = '', place = 0 WHERE state = 'waiting' AND batch = %s", $rows[0]->batch ) );
		}
		return (bool) $faults;
	}

	/**
	 * İzin refuses a list and names no item: its halves go as lists of their own, until one word fails alone. Of a list that
	 * lost a word since its first try only the key is spent.
	 *
	 * @param array $rows   Rows by place.
	 * @param array $answer Of the client.
	 */
	private static function split( $rows, $answer ) {
		global $wpdb;
		$same = 'Z422' === $answer['code'];
		if ( 1 === count( $rows ) && ! $same ) {
			self::failed( $rows[0], array( 'code' => $answer['code'], 'message' => $answer['text'] ) );
			return;
		}
		foreach ( $same ? array( $rows ) : array_chunk( $rows, (int) ceil( count( $rows ) / 2 ) ) as $some ) {
			$numbers = implode( ',', array_map( 'intval', wp_list_pluck( $some, 'id' ) ) );
			$wpdb->query( $wpdb->prepare( "UPDATE {$wpdb->prefix}izin_queue SET batch = %s WHERE state = 'waiting' AND id IN ($numbers)", wp_generate_uuid4() ) );
		}
	}

	/**
	 * Reads the results of lists that İzin has.
	 *
	 * @return bool Whether İzin answers.
	 */
	private static function results() {
		global $wpdb;
		$table = "{$wpdb->prefix}izin_queue";
		foreach ( $wpdb->get_col( "SELECT DISTINCT request FROM $table WHERE state = 'sent' LIMIT 20" ) as $request ) {
			$answer = Izin_Client::brand( 'GET', '/consents/request/' . rawurlencode( $request ), null, '', 30, '/v2' );
			$lost   = 404 === $answer['status']; // Another registry, or a copy of an earlier day: the words go again.
			if ( ! $lost && ( 200 !== $answer['status'] || ! is_array( $answer['body'] ) ) ) {
				self::pause( $answer, '_send' );
				return false;
			}
			$rows = $wpdb->get_results( $wpdb->prepare( "SELECT * FROM $table WHERE state = 'sent' AND request = %s ORDER BY place", $request ) );
			$found = array();
			foreach ( $lost ? array() : $answer['body'] as $item ) {
				$found[ (int) $item['index'] ] = $item;
			}
			foreach ( $rows as $row ) {
				$item = isset( $found[ (int) $row->place ] ) ? $found[ (int) $row->place ] : null;
				if ( ! $found ) { // İzin keeps results for sixty days.
					self::again( array( $row ) );
				} elseif ( $item && 'success' === $item['status'] ) {
					self::stored( $row, isset( $item['transactionId'] ) ? $item['transactionId'] : '', isset( $item['creationDate'] ) ? $item['creationDate'] : '' );
				} elseif ( $item && 'failure' === $item['status'] ) {
					self::failed( $row, isset( $item['error'] ) ? $item['error'] : array() );
				}
			}
		}
		return true;
	}

	/**
	 * İzin holds the word.
	 *
	 * @param object $row         Of the queue.
	 * @param string $transaction İzin's transactionId.
	 * @param string $moved       İzin's creationDate.
	 */
	private static function stored( $row, $transaction, $moved ) {
		global $wpdb;
		if ( $row->forget ) {
			$wpdb->delete( "{$wpdb->prefix}izin_queue", array( 'id' => $row->id ) );
			$wpdb->delete( "{$wpdb->prefix}izin_consents", array( 'channel' => $row->channel, 'address' => $row->address ) );
			return;
		}
		$state = 'ONAY' === $row->word && '' !== $row->wording ? 'stored' : 'done';
		$wpdb->update( "{$wpdb->prefix}izin_queue", compact( 'transaction', 'state' ) + array( 'code' => '', 'fault' => '' ), array( 'id' => $row->id ) );
		if ( 'ONAY' === $row->word ) { // A refusal that failed before is over: its person has consented since.
			$wpdb->query( $wpdb->prepare( "UPDATE {$wpdb->prefix}izin_queue SET state = 'done' WHERE id < %d AND channel = %s AND address = %s AND word = 'RET' AND state = 'failed'", $row->id, $row->channel, $row->address ) );
		}
		// A refusal holds whatever comes of it. A consent stands only once İzin's feed says so: it may wait there for the person.
		if ( 'RET' === $row->word ) {
			Izin_Store::put( $row->channel, $row->address, 'RET', $moved, $transaction );
		}
	}

	/**
	 * Attaches the evidence of consents that İzin has stored.
	 *
	 * @return bool Whether there was any and İzin took it.
	 */
	private static function evidence() {
		global $wpdb;
		$rows = $wpdb->get_results( "SELECT * FROM {$wpdb->prefix}izin_queue WHERE state = 'stored' ORDER BY id LIMIT 200" );
		foreach ( $rows as $row ) {
			$sent = array(
				'transactionId' => $row->transaction,
				'text'          => $row->wording,
				'version'       => $row->version,
				'form'          => $row->form,
			);
			if ( 0 === strpos( $row->page, 'https://' ) ) {
				$sent['url'] = $row->page;
			}
			$answer = Izin_Client::brand( 'POST', '/consents/evidence', $sent, 'evidence-' . $row->transaction, 15 );
			if ( 200 === $answer['status'] ) {
				$wpdb->update( "{$wpdb->prefix}izin_queue", array( 'state' => 'done' ), array( 'id' => $row->id ) );
			} elseif ( 404 !== $answer['status'] && Izin_Client::passes( $answer ) ) {
				self::pause( $answer, '_send' );
				return false;
			} else {
				self::failed( $row, array( 'code' => $answer['code'], 'message' => $answer['text'] ) );
			}
		}
		return (bool) $rows;
	}

	/**
	 * İzin refused this word; sent again as it is, it would refuse it again.
	 *
	 * @param object $row   Of the queue.
	 * @param array  $fault code, message.
	 */
	private static function failed( $row, $fault ) {
		global $wpdb;
		$wpdb->update(
			"{$wpdb->prefix}izin_queue",
			array(
				'state' => 'failed',
				'code'  => substr( isset( $fault['code'] ) ? $fault['code'] : '', 0, 32 ),
				'fault' => isset( $fault['message'] ) ? $fault['message'] : '',
			),
			array( 'id' => $row->id )
		);
	}

	/**
	 * Puts failed words into the queue again. Words keep the moment at which they were given.
	 *
	 * @param array $rows Of the queue.
	 */
	public static function again( $rows ) {
		global $wpdb;
		foreach ( $rows as $row ) {
			$state = '' !== $row->transaction ? 'stored' : 'waiting';
			$wpdb->update(
				"{$wpdb->prefix}izin_queue",
				array( 'batch' => '', 'place' => 0, 'request' => '', 'code' => '', 'fault' => '' ) + compact( 'state' ),
				array( 'id' => $row->id )
			);
		}
	}

	/**
	 * Waits as İzin asks, or longer with each fault.
	 *
	 * @param array  $answer Of the client.
	 * @param string $of     Empty: of all; _send: of sending alone.
	 */
	public static function pause( $answer, $of = '' ) {
		$before = get_option( "izin_fault$of", array() );
		$tries  = isset( $before['tries'] ) ? $before['tries'] + 1 : 0;
		$wait   = max( $answer['wait'], self::WAIT[ min( $tries, count( self::WAIT ) - 1 ) ] );
		update_option( "izin_pause$of", time() + min( $wait, HOUR_IN_SECONDS ), false );
		update_option( "izin_fault$of", array( 'code' => $answer['code'], 'text' => $answer['text'] ) + compact( 'tries' ), false );
	}

	/**
	 * Whether a pause lasts. None is longer than an hour; what seems so was begun before the clock was set back.
	 *
	 * @param string $of As of pause().
	 * @return bool
	 */
	private static function is_paused( $of = '' ) {
		$left = (int) get_option( "izin_pause$of", 0 ) - time();
		return $left > 0 && $left <= HOUR_IN_SECONDS;
	}

	/**
	 * Ends both pauses.
	 */
	public static function resume() {
		delete_option( 'izin_pause' );
		delete_option( 'izin_pause_send' );
	}

	/**
	 * Notes that İzin answers.
	 */
	public static function seen() {
		update_option( 'izin_seen', time(), false );
		delete_option( 'izin_fault' );
	}

	/**
	 * How long İzin has not answered. An answer ahead of the clock, which was set back, is none.
	 *
	 * @return int Seconds.
	 */
	public static function silent_for() {
		$seen = (int) get_option( 'izin_seen', 0 );
		return time() - ( $seen > time() + MINUTE_IN_SECONDS ? 0 : $seen );
	}

	/**
	 * One row.
	 *
	 * @param int $id Its number.
	 * @return object|null
	 */
	public static function row( $id ) {
		global $wpdb;
		return $wpdb->get_row( $wpdb->prepare( "SELECT * FROM {$wpdb->prefix}izin_queue WHERE id = %d", $id ) );
	}
}

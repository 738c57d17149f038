<?php
/**
 * Two tables: words on their way to İzin, and what stands there.
 *
 * @package Izin
 */

defined( 'ABSPATH' ) || exit;

// phpcs:disable WordPress.DB.DirectDatabaseQuery, WordPress.DB.PreparedSQL.InterpolatedNotPrepared -- own tables, whose names hold no input.

/**
 * Times are UTC. A word is ONAY or RET.
 */
class Izin_Store {

	const TABLES = 1; // Rises with each change of the tables.

	/**
	 * Hooks.
	 */
	public static function hooks() {
		add_action( 'plugins_loaded', array( __CLASS__, 'upgrade' ) );
		add_action( 'init', array( __CLASS__, 'settle' ), 11 ); // A constant of wp-config.php changes without a form.
		add_action( 'add_option_izin_settings', array( __CLASS__, 'settle' ) );
		add_action( 'update_option_izin_settings', array( __CLASS__, 'settle' ) );
	}

	/**
	 * Makes the tables where an update came without an activation.
	 */
	public static function upgrade() {
		if ( self::TABLES !== (int) get_option( 'izin_tables' ) ) {
			self::install();
		}
	}

	/**
	 * Makes the tables.
	 */
	public static function install() {
		global $wpdb;
		require_once ABSPATH . 'wp-admin/includes/upgrade.php';
		$set = $wpdb->get_charset_collate();
		dbDelta(
			"CREATE TABLE {$wpdb->prefix}izin_queue (
			id bigint(20) unsigned NOT NULL AUTO_INCREMENT,
			channel varchar(10) NOT NULL,
			address varchar(191) NOT NULL,
			word varchar(8) NOT NULL,
			happened datetime NOT NULL,
			form varchar(64) NOT NULL,
			page varchar(500) NOT NULL,
			wording text NOT NULL,
			version varchar(64) NOT NULL,
			state varchar(10) NOT NULL,
			proof varchar(64) NOT NULL DEFAULT '',
			batch varchar(36) NOT NULL DEFAULT '',
			place int(10) unsigned NOT NULL DEFAULT 0,
			request varchar(36) NOT NULL DEFAULT '',
			transaction varchar(64) NOT NULL DEFAULT '',
			code varchar(32) NOT NULL DEFAULT '',
			fault text NOT NULL,
			forget tinyint(1) NOT NULL DEFAULT 0,
			PRIMARY KEY  (id),
			KEY state (state),
			KEY address (address),
			KEY proof (proof)
			) $set;"
		);
		dbDelta(
			"CREATE TABLE {$wpdb->prefix}izin_consents (
			channel varchar(10) NOT NULL,
			address varchar(191) NOT NULL,
			word varchar(8) NOT NULL,
			moved varchar(19) NOT NULL,
			transaction varchar(64) NOT NULL,
			PRIMARY KEY  (channel,address),
			KEY transaction (transaction)
			) $set;"
		);
		update_option( 'izin_tables', self::TABLES );
	}

	/**
	 * The form in which İzin gives addresses back.
	 *
	 * @param string $channel EPOSTA, MESAJ or ARAMA.
	 * @param string $address As somebody wrote it.
	 * @return string Empty where it is none.
	 */
	public static function canonical( $channel, $address ) {
		$address = trim( (string) $address );
		if ( 'EPOSTA' === $channel ) {
			return is_email( $address ) ? strtolower( $address ) : '';
		}
		$digits = preg_replace( '/[^0-9+]/', '', $address );
		$rules  = array(
			'/^\+(\d{8,15})$/'    => '+%s',
			'/^00(\d{8,15})$/'    => '+%s',
			'/^0([1-9]\d{9})$/'   => '+90%s',
			'/^90([1-9]\d{9})$/'  => '+90%s',
			'/^([1-9]\d{9})$/'    => '+90%s',
		);
		foreach ( $rules as $rule => $form ) {
			if ( preg_match( $rule, $digits, $found ) ) {
				return sprintf( $form, $found[1] );
			}
		}
		return '';
	}

	/**
	 * What stands in İzin for an address, as far as WordPress knows.
	 *
	 * @param string $channel EPOSTA, MESAJ or ARAMA.
	 * @param string $address The address.
	 * @return string ONAY, RET or empty.
	 */
	public static function status( $channel, $address ) {
		global $wpdb;
		$address = self::canonical( $channel, $address );
		return (string) $wpdb->get_var( $wpdb->prepare( "SELECT word FROM {$wpdb->prefix}izin_consents WHERE channel = %s AND address = %s", $channel, $address ) );
	}

	/**
	 * The word on its way for an address, also a refusal that failed, or else what stands.
	 *
	 * @param string $channel EPOSTA, MESAJ or ARAMA.
	 * @param string $address The address.
	 * @return string ONAY, RET, or empty.
	 */
	public static function last_word( $channel, $address ) {
		global $wpdb;
		$found = $wpdb->get_var(
			$wpdb->prepare(
				"SELECT word FROM {$wpdb->prefix}izin_queue WHERE channel = %s AND address = %s AND (state IN ('waiting','sent','stored') OR (state = 'failed' AND word = 'RET')) ORDER BY id DESC LIMIT 1",
				$channel,
				self::canonical( $channel, $address )
			)
		);
		return $found ? $found : self::status( $channel, $address );
	}

	/**
	 * Keeps a movement, where WordPress knows the address and nothing later is kept.
	 *
	 * @param array $movement As İzin's feed and push give it.
	 */
	public static function apply( $movement ) {
		if ( ! is_array( $movement ) ) {
			return;
		}
		if ( ! empty( $movement['erasedTransactionIds'] ) && is_array( $movement['erasedTransactionIds'] ) ) {
			self::forget( $movement['erasedTransactionIds'] );
			return;
		}
		foreach ( array( 'recipient', 'type', 'status', 'creationDate', 'transactionId' ) as $field ) {
			if ( empty( $movement[ $field ] ) || ! is_string( $movement[ $field ] ) ) {
				return;
			}
		}
		if ( ! in_array( $movement['type'], Izin_Settings::CHANNELS, true ) || ( isset( $movement['recipientType'] ) && 'BIREYSEL' !== $movement['recipientType'] ) ) {
			return;
		}
		$address = self::canonical( $movement['type'], $movement['recipient'] );
		if ( '' === $address || ! self::known( $movement['type'], $address ) ) {
			return; // A customer of the company who never was on this site.
		}
		self::put( $movement['type'], $address, 'ONAY' === $movement['status'] ? 'ONAY' : 'RET', $movement['creationDate'], $movement['transactionId'] );
	}

	/**
	 * Keeps what stands, unless something later is kept.
	 *
	 * @param string $channel     EPOSTA, MESAJ or ARAMA.
	 * @param string $address     In canonical form.
	 * @param string $word        ONAY or RET.
	 * @param string $moved       İzin's creationDate.
	 * @param string $transaction İzin's transactionId.
	 */
	public static function put( $channel, $address, $word, $moved, $transaction ) {
		global $wpdb;
		$wpdb->query(
			$wpdb->prepare(
				"INSERT INTO {$wpdb->prefix}izin_consents (channel, address, word, moved, transaction) VALUES (%s, %s, %s, %s, %s)
				ON DUPLICATE KEY UPDATE
				word = IF(CONCAT(VALUES(moved), VALUES(transaction)) >= CONCAT(moved, transaction), VALUES(word), word),
				transaction = IF(VALUES(moved) > moved OR (VALUES(moved) = moved AND VALUES(transaction) > transaction), VALUES(transaction), transaction),
				moved = GREATEST(moved, VALUES(moved))",
				$channel,
				$address,
				$word,
				substr( $moved, 0, 19 ),
				substr( $transaction, 0, 64 )
			)
		);
	}

	/**
	 * Forgets what another registry or brand reported, once the address, the company or the brand has changed.
	 */
	public static function settle() {
		global $wpdb;
		$place  = implode( ' ', array_map( array( 'Izin_Settings', 'get' ), array( 'url', 'iys', 'brand' ) ) );
		$before = get_option( 'izin_place', '' );
		if ( $before === $place || ! Izin_Settings::complete() ) {
			return;
		}
		if ( '' !== $before ) {
			$wpdb->query( "DELETE FROM {$wpdb->prefix}izin_consents" );
			Izin_Queue::park();
			delete_option( 'izin_after' );
			delete_option( 'izin_token' );
			delete_option( 'izin_seen' );
		}
		update_option( 'izin_place', $place );
	}

	/**
	 * Forgets an address that is no user's any more. Its words on their way stay: a refusal must arrive.
	 *
	 * @param string $email The address.
	 */
	public static function left( $email ) {
		global $wpdb;
		$address = self::canonical( 'EPOSTA', $email );
		$wpdb->delete( "{$wpdb->prefix}izin_consents", array( 'channel' => 'EPOSTA', 'address' => $address ) );
		$wpdb->query( $wpdb->prepare( "DELETE FROM {$wpdb->prefix}izin_queue WHERE channel = 'EPOSTA' AND address = %s AND state IN ('done','unproven')", $address ) );
	}

	/**
	 * Whether an address belongs to this site.
	 *
	 * @param string $channel EPOSTA, MESAJ or ARAMA.
	 * @param string $address In canonical form.
	 * @return bool
	 */
	private static function known( $channel, $address ) {
		global $wpdb;
		foreach ( array( 'izin_consents', 'izin_queue' ) as $table ) {
			if ( $wpdb->get_var( $wpdb->prepare( "SELECT 1 FROM {$wpdb->prefix}$table WHERE channel = %s AND address = %s LIMIT 1", $channel, $address ) ) ) {
				return true;
			}
		}
		return 'EPOSTA' === $channel && false !== get_user_by( 'email', $address );
	}

	/**
	 * Forgets a person whom İzin erased. Consents that were asked for by address have no id: they are asked again, and
	 * until then nobody writes to them.
	 *
	 * @param array $transactions Ids of the person's earlier movements.
	 */
	private static function forget( $transactions ) {
		global $wpdb;
		foreach ( array_chunk( array_filter( $transactions, 'is_string' ), 500 ) as $some ) {
			$marks = implode( ',', array_fill( 0, count( $some ), '%s' ) );
			foreach ( array( 'izin_consents', 'izin_queue' ) as $table ) {
				$wpdb->query( $wpdb->prepare( "DELETE FROM {$wpdb->prefix}$table WHERE transaction IN ($marks)", $some ) ); // phpcs:ignore WordPress.DB.PreparedSQLPlaceholders
			}
		}
		$wpdb->query( "DELETE FROM {$wpdb->prefix}izin_consents WHERE transaction = ''" );
		$cursors = get_option( 'izin_after', array() );
		unset( $cursors['user'] );
		update_option( 'izin_after', $cursors, false );
	}
}
